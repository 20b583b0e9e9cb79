//! The signing key is replaced under load: every token is good for as long as it says, wherever it is shown.

use std::{
    fs,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use chrono::{DateTime, TimeDelta, Utc};
use tempfile::TempDir;
use todochat_auth::{Issuer, KeyRing, Mint, PublicKeys, Rejected, SigningKeys, Verifier};
use todochat_service::Clock;

const ISSUER: &str = "https://chat.example";
const AUDIENCE: &str = "https://tools.example/mcp";

fn mint(issuer: &Issuer) -> String {
    let mint = Mint {
        audience: AUDIENCE,
        subject: "usr_ann",
        lifetime: TimeDelta::minutes(10),
        session: None,
        call: None,
        token_id: "tok_1",
    };
    issuer.mint(&mint, now())
}

fn now() -> DateTime<Utc> {
    Clock::system().now()
}

fn put(folder: &Path, name: &str, text: &str) {
    let draft = folder.join("draft");
    fs::write(&draft, text).unwrap();
    fs::rename(draft, folder.join(name)).unwrap();
}

/// Waits for the programs to have read their files.
async fn until(done: impl Fn() -> bool) {
    while !done() {
        tokio::task::yield_now().await;
    }
}

fn kids(ring: &KeyRing) -> usize {
    ring.jwks()["keys"].as_array().unwrap().len()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_token_is_refused_while_the_keys_take_turns() {
    let folder = TempDir::new().unwrap();
    let folder = folder.path();
    let ring = KeyRing::generate();
    put(folder, "keys.json", &ring.to_json());
    put(folder, "jwks.json", &ring.jwks().to_string());
    // The chat, and a tool server that reads the public halves.
    let keys = SigningKeys::follow(&folder.join("keys.json")).unwrap();
    let issuer = Issuer::new(keys.clone(), ISSUER.to_owned());
    let chat = Verifier::new(AUDIENCE.to_owned()).trust_keys(ISSUER, keys.public().clone());
    let public = PublicKeys::follow(&folder.join("jwks.json")).unwrap();
    let tools = Verifier::new(AUDIENCE.to_owned()).trust_keys(ISSUER, public);
    let of_before = mint(&issuer);

    let (stop, done) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let load = tokio::spawn({
        let (stop, done) = (stop.clone(), done.clone());
        let (issuer, chat, tools, old) =
            (issuer.clone(), chat.clone(), tools.clone(), of_before.clone());
        async move {
            let mut refused = Vec::new();
            while !stop.load(Ordering::Relaxed) {
                for token in [&mint(&issuer), &old] {
                    for verifier in [&chat, &tools] {
                        refused.extend(verifier.verify(token, now()).await.err());
                        done.fetch_add(1, Ordering::Relaxed);
                    }
                }
                tokio::task::yield_now().await;
            }
            refused
        }
    });

    let published = ring.with_next();
    put(folder, "jwks.json", &published.jwks().to_string());
    put(folder, "keys.json", &published.to_json());
    until(|| kids(&issuer.ring()) == 2).await;
    let fresh = {
        let published = KeyRing::from_json(&published.to_json()).unwrap();
        mint(&Issuer::new(Arc::new(published.promoted()), ISSUER.to_owned()))
    };
    // Known to all before anybody signs with it.
    while tools.verify(&fresh, now()).await.is_err() {
        tokio::task::yield_now().await;
    }
    let signs = published.promoted();
    put(folder, "keys.json", &signs.to_json());
    until(|| issuer.ring().has_retired()).await;
    put(folder, "jwks.json", &signs.jwks().to_string());
    assert_ne!(kid(&mint(&issuer)), kid(&of_before));
    let enough = done.load(Ordering::Relaxed) + 200;
    until(|| done.load(Ordering::Relaxed) >= enough).await;
    stop.store(true, Ordering::Relaxed);
    assert_eq!(load.await.unwrap(), Vec::<Rejected>::new());

    // Only when the overlap is over.
    let forgot = signs.without_retired();
    put(folder, "keys.json", &forgot.to_json());
    put(folder, "jwks.json", &forgot.jwks().to_string());
    while tools.verify(&of_before, now()).await.is_ok() {
        tokio::task::yield_now().await;
    }
    assert!(tools.verify(&mint(&issuer), now()).await.is_ok());
}

fn kid(token: &str) -> String {
    token.split('.').next().unwrap().to_owned()
}
