//! One good token and every way we know to spoil it.

use super::*;
use crate::{Fetched, Issuer, Mint, parse_issuers};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

const OURS: &str = "https://todo.example";
const AUDIENCE: &str = "https://todo.example/api";
const THEIRS: &str = "https://id.example/realms/a";
const USER: &str = "usr_0190f6a2b3c47d5e8f90a1b2c3d4e5f6";
const NOW: i64 = 1_800_000_000;

struct World {
    ring: KeyRing,
    kid: String,
    verifier: Verifier,
}

impl World {
    fn new() -> Self {
        let ring = KeyRing::generate();
        let kid = ring.jwks()["keys"][0]["kid"].as_str().unwrap().to_owned();
        let verifier = Verifier::new(AUDIENCE.to_owned()).trust_ring(OURS, &ring);
        Self { ring, kid, verifier }
    }

    /// A world in which the same keys belong to an external issuer.
    fn external(typ: &str) -> Self {
        let world = Self::new();
        let jwks = world.ring.jwks().to_string().into_bytes();
        let fetch = Fetch::new(move |_| {
            let body = jwks.clone();
            async { Ok(Fetched { body, max_age: None }) }
        });
        let issuers = format!(
            r#"[{{"issuer": "{THEIRS}", "jwks_url": "https://id.example/keys", "audience": "todochat", "algorithms": ["EdDSA"], "typ": {typ}}}]"#
        );
        let issuer = parse_issuers(&issuers).unwrap().remove(0);
        let verifier = Verifier::new(AUDIENCE.to_owned()).trust_external(&issuer, fetch);
        Self { verifier, ..world }
    }

    fn header(&self) -> Value {
        json!({"typ": "at+jwt", "alg": "EdDSA", "kid": self.kid})
    }

    async fn judge(&self, token: &str) -> Result<Principal, Rejected> {
        self.verifier.verify(token, DateTime::from_timestamp(NOW, 999_000_000).unwrap()).await
    }

    async fn judge_header(&self, header: &str) -> Option<Rejected> {
        self.judge(&self.ring.sign_parts(header, &claims().to_string())).await.err()
    }

    /// Each change to a good header, judged alone.
    async fn headers(
        &self,
        verdict: Option<Rejected>,
        changes: impl IntoIterator<Item = (&str, Value)>,
    ) {
        for (member, value) in changes {
            let spoiled = with(self.header(), member, value).to_string();
            assert_eq!(self.judge_header(&spoiled).await, verdict, "{spoiled}");
        }
    }

    /// Each change to good claims, judged alone.
    async fn claims(&self, verdict: Rejected, changes: impl IntoIterator<Item = (&str, Value)>) {
        for (member, value) in changes {
            let spoiled = with(claims(), member, value).to_string();
            assert_eq!(self.judge_claims(&spoiled).await, Some(verdict), "{spoiled}");
        }
    }

    async fn judge_claims(&self, claims: &str) -> Option<Rejected> {
        self.judge(&self.ring.sign_parts(&self.header().to_string(), claims)).await.err()
    }
}

fn claims() -> Value {
    json!({"iss": OURS, "sub": USER, "aud": AUDIENCE, "iat": NOW, "exp": NOW + 600, "jti": "t1", "sid": "ses_1"})
}

fn their_claims() -> Value {
    json!({"iss": THEIRS, "sub": "auth0|1", "aud": "todochat", "iat": NOW, "exp": NOW + 86_400, "sid": "theirs", "tool": 7})
}

fn with(mut object: Value, member: &str, value: Value) -> Value {
    object[member] = value;
    object
}

fn without(mut object: Value, member: &str) -> Value {
    object.as_object_mut().unwrap().remove(member);
    object
}

#[tokio::test]
async fn a_minted_token_is_accepted_and_says_what_was_minted() {
    let world = World::new();
    let issuer = Issuer::new(Arc::new(world.ring), OURS.to_owned());
    let call = CallBinding::of("add_task", &json!({"title": "x"}));
    let mint = Mint {
        audience: AUDIENCE,
        subject: USER,
        lifetime: TimeDelta::hours(9),
        session: Some("ses_1"),
        call: Some(call.clone()),
        token_id: "t1",
    };
    let now = DateTime::from_timestamp(NOW, 0).unwrap();
    let principal = world.verifier.verify(&issuer.mint(&mint, now), now).await;
    assert_eq!(
        principal,
        Ok(Principal {
            issuer: OURS.to_owned(),
            subject: USER.to_owned(),
            user: UserId::parse(USER),
            session: Some("ses_1".to_owned()),
            call: Some(call),
            token_id: Some("t1".to_owned()),
            expires_at: now + MAX_LIFETIME,
        })
    );
}

#[tokio::test]
async fn a_header_that_says_more_than_it_must_is_passed_over() {
    let world = World::new();
    let changes =
        [("typ", json!("application/at+jwt")), ("x5t", json!("abc")), ("unknown", json!({"a": 1}))];
    world.headers(None, changes).await;
}

#[tokio::test]
async fn a_header_that_changes_how_a_token_is_read_is_refused() {
    let world = World::new();
    let changes = [
        ("crit", json!(["exp"])),
        ("crit", json!([])),
        ("crit", json!(null)),
        ("zip", json!("DEF")),
        ("enc", json!("A128GCM")),
        ("b64", json!(false)),
        ("b64", json!(true)),
        ("jwk", json!({})),
        ("jku", json!("https://evil.example")),
        ("x5u", json!("https://evil.example")),
        ("x5c", json!([])),
    ];
    world.headers(Some(Rejected::Header), changes).await;
}

#[tokio::test]
async fn the_algorithm_is_the_keys_own_and_nothing_else() {
    let world = World::new();
    let others =
        ["none", "None", "NONE", "", "HS256", "RS256", "ES256", "Ed25519", "eddsa", "EdDSA "];
    let changes = others.map(|alg| ("alg", json!(alg)));
    world.headers(Some(Rejected::Algorithm), changes).await;
    let changes = [json!(["EdDSA"]), json!(0), json!(null)].map(|alg| ("alg", alg));
    world.headers(Some(Rejected::Header), changes).await;
}

#[tokio::test]
async fn a_key_is_looked_up_by_its_exact_name() {
    let world = World::new();
    let long = "a".repeat(129);
    let malformed = ["", "a\0", "' OR 1=1 --", "a\\b", &long].map(|kid| ("kid", json!(kid)));
    world.headers(Some(Rejected::Header), malformed).await;
    let mistyped = [json!(null), json!([]), json!(1)].map(|kid| ("kid", kid));
    world.headers(Some(Rejected::Header), mistyped).await;
    let unknown = ["unknown", "../../etc/passwd", &world.kid[1..]].map(|kid| ("kid", json!(kid)));
    world.headers(Some(Rejected::Key), unknown).await;
}

#[tokio::test]
async fn a_token_of_another_kind_is_refused() {
    let world = World::new();
    let kinds = ["JWT", "refresh+jwt", "mcp-call+jwt", "AT+JWT", "at+jwt ", ""];
    let changes = kinds.map(|typ| ("typ", json!(typ)));
    world.headers(Some(Rejected::Type), changes).await;
    world.headers(Some(Rejected::Type), [("typ", json!(null))]).await;
    world.headers(Some(Rejected::Header), [("typ", json!(1))]).await;
}

#[tokio::test]
async fn a_header_that_lacks_or_repeats_a_member_is_refused() {
    let world = World::new();
    let header = world.header();
    let text = header.to_string();
    for spoiled in [
        without(header.clone(), "alg").to_string(),
        without(header.clone(), "kid").to_string(),
        text.replacen('{', r#"{"alg":"EdDSA","#, 1),
        text.replacen('{', r#"{"a":1,"a":1,"#, 1),
        format!("[{text}]"),
        text.replace('}', ""),
    ] {
        let verdict = world.judge_header(&spoiled).await;
        assert_eq!(verdict, Some(Rejected::Header), "{spoiled}");
    }
}

#[tokio::test]
async fn a_required_claim_that_is_missing_refuses_the_token() {
    let world = World::new();
    for missing in ["exp", "iat", "iss", "aud", "sub"] {
        let spoiled = without(claims(), missing).to_string();
        let verdict = world.judge_claims(&spoiled).await;
        assert_eq!(verdict, Some(Rejected::Claims), "{spoiled}");
        world.claims(Rejected::Claims, [(missing, json!(null))]).await;
    }
}

#[tokio::test]
async fn a_claim_of_the_wrong_type_refuses_the_token() {
    let world = World::new();
    let changes = [
        ("exp", json!("1800000600")),
        ("exp", json!(-1)),
        ("exp", json!(1e300)),
        ("exp", json!(253_402_300_800_u64)),
        ("exp", json!(u64::MAX)),
        ("exp", json!([NOW])),
        ("iat", json!("now")),
        ("iat", json!(-5)),
        ("nbf", json!("x")),
        ("nbf", json!({})),
        ("iss", json!([OURS])),
        ("iss", json!(5)),
        ("aud", json!(5)),
        ("aud", json!([])),
        ("aud", json!([AUDIENCE, "other"])),
        ("aud", json!({"a": AUDIENCE})),
        ("sub", json!(1)),
        ("jti", json!(1)),
        ("sid", json!(1)),
        ("tool", json!("add_task")),
        ("args_sha256", json!("x")),
    ];
    world.claims(Rejected::Claims, changes).await;
}

#[tokio::test]
async fn names_are_compared_byte_for_byte() {
    let world = World::new();
    let issuers = [
        "",
        "https://todo.example/",
        "https://TODO.example",
        "https://todo.exampl",
        "https://todo.example.evil",
        "http://todo.example",
    ];
    let changes = issuers.map(|iss| ("iss", json!(iss)));
    world.claims(Rejected::Issuer, changes).await;
    let audiences = [
        json!(""),
        json!(OURS),
        json!(format!("{AUDIENCE}/")),
        json!([AUDIENCE]),
        json!("HTTPS://todo.example/api"),
    ];
    let changes = audiences.map(|aud| ("aud", aud));
    world.claims(Rejected::Audience, changes).await;
    let long = format!("usr_{}", "a".repeat(300));
    let subjects = ["", "usr_", "alice", "usr_A", "usr_1 ", "usr_1\0", "usr_\u{435}", &long];
    let changes = subjects.map(|sub| ("sub", json!(sub)));
    world.claims(Rejected::Subject, changes).await;
}

#[tokio::test]
async fn claims_that_are_not_one_object_are_refused() {
    let world = World::new();
    let good = claims().to_string();
    for spoiled in [
        good.replacen('{', r#"{"sub":"usr_2","#, 1),
        good.replacen('{', r#"{"role":1,"role":2,"#, 1),
        good.replacen('{', r#"{"a":{"b":1,"b":2},"#, 1),
        format!("[{good}]"),
        good.replace('}', ""),
        String::new(),
        "null".to_owned(),
    ] {
        let verdict = world.judge_claims(&spoiled).await;
        assert_eq!(verdict, Some(Rejected::Claims), "{spoiled}");
    }
}

#[tokio::test]
async fn times_are_judged_with_thirty_seconds_to_spare() {
    let world = World::new();
    for (iat, exp, nbf, verdict) in [
        (NOW, NOW + 600, json!(NOW), None),
        (NOW, NOW + 900, json!(null), None),
        (NOW, NOW + 901, json!(null), Some(Rejected::Lifetime)),
        (NOW, 253_402_300_799, json!(null), Some(Rejected::Lifetime)),
        (NOW + 10, NOW + 9, json!(null), Some(Rejected::Lifetime)),
        (NOW - 600, NOW - 29, json!(null), None),
        (NOW - 600, NOW - 30, json!(null), Some(Rejected::Expired)),
        (NOW - 600, 0, json!(null), Some(Rejected::Expired)),
        (NOW + 30, NOW + 600, json!(null), None),
        (NOW + 31, NOW + 600, json!(null), Some(Rejected::NotYetValid)),
        (NOW, NOW + 600, json!(NOW + 30), None),
        (NOW, NOW + 600, json!(NOW + 31), Some(Rejected::NotYetValid)),
    ] {
        let claims = with(with(with(claims(), "iat", json!(iat)), "exp", json!(exp)), "nbf", nbf);
        assert_eq!(world.judge_claims(&claims.to_string()).await, verdict, "{claims}");
    }
    let fractions = with(claims(), "exp", json!(1_800_000_600.9)).to_string();
    assert_eq!(world.judge_claims(&fractions).await, None);
}

#[tokio::test]
async fn every_spoiled_form_is_refused() {
    let world = World::new();
    let good = world.ring.sign_parts(&world.header().to_string(), &claims().to_string());
    assert!(world.judge(&good).await.is_ok());
    let [header, payload, signature] = good.split('.').collect::<Vec<_>>()[..] else {
        unreachable!()
    };
    for spoiled in [
        String::new(),
        ".".to_owned(),
        "..".to_owned(),
        "a".to_owned(),
        "a.b.c".to_owned(),
        format!("{header}.{payload}"),
        format!("{header}.{payload}."),
        format!("{good}.{signature}"),
        format!("{good}.."),
        format!("{good}="),
        format!(" {good}"),
        format!("{good} "),
        format!("{good}\n"),
        good.replacen('.', " .", 1),
        format!("{header}=.{payload}.{signature}"),
        format!(".{payload}.{signature}"),
        json!({"protected": header, "payload": payload, "signature": signature}).to_string(),
    ] {
        let verdict = world.judge(&spoiled).await.err();
        assert!(
            matches!(verdict, Some(Rejected::Malformed | Rejected::Header)),
            "{spoiled:?}: {verdict:?}"
        );
    }
    for spoiled in [
        good[..good.len() - 6].to_owned(),
        format!("{header}.{payload}.{}", URL_SAFE_NO_PAD.encode([0; 64])),
        format!(
            "{header}.{}.{signature}",
            URL_SAFE_NO_PAD.encode(with(claims(), "sid", json!("ses_2")).to_string())
        ),
        KeyRing::generate().sign_parts(&world.header().to_string(), &claims().to_string()),
    ] {
        assert_eq!(world.judge(&spoiled).await.err(), Some(Rejected::Signature), "{spoiled}");
    }
    let filled = with(claims(), "pad", json!("a".repeat(7500))).to_string();
    assert_eq!(world.judge_claims(&filled).await, Some(Rejected::TooLong));
    assert_eq!(world.judge(&"a".repeat(20_000_000)).await.err(), Some(Rejected::TooLong));
}

/// The last character of 64 bytes in base64 carries four bits that mean nothing: only the form
/// in which they are zero is the token that was signed.
#[tokio::test]
async fn only_one_spelling_of_a_token_is_accepted() {
    let world = World::new();
    let good = world.ring.sign_parts(&world.header().to_string(), &claims().to_string());
    let (body, last) = good.split_at(good.len() - 1);
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let position = alphabet.find(last).unwrap();
    let sibling = &alphabet[position + 1..position + 2];
    assert_eq!(world.judge(&format!("{body}{sibling}")).await.err(), Some(Rejected::Malformed));
    let (message, signature) = good.rsplit_once('.').unwrap();
    let raw = URL_SAFE_NO_PAD.decode(signature).unwrap();
    let padded = format!("{message}.{}", URL_SAFE.encode(&raw));
    assert_eq!(world.judge(&padded).await.err(), Some(Rejected::Malformed));
    let other_alphabet = STANDARD_NO_PAD.encode([0xfb; 64]);
    assert_eq!(
        world.judge(&format!("{message}.{other_alphabet}")).await.err(),
        Some(Rejected::Malformed)
    );
}

#[tokio::test]
async fn a_public_key_is_no_secret_to_sign_with() {
    use jsonwebtoken::{Algorithm, EncodingKey, crypto};
    let world = World::new();
    let x = world.ring.jwks()["keys"][0]["x"].as_str().unwrap().to_owned();
    let raw = URL_SAFE_NO_PAD.decode(&x).unwrap();
    let jwks = world.ring.jwks().to_string();
    for secret in
        [raw.as_slice(), x.as_bytes(), jwks.as_bytes(), format!("{jwks}\n").as_bytes(), b""]
    {
        for alg in ["HS256", "EdDSA"] {
            let header = with(world.header(), "alg", json!(alg)).to_string();
            let message = format!(
                "{}.{}",
                URL_SAFE_NO_PAD.encode(header),
                URL_SAFE_NO_PAD.encode(claims().to_string())
            );
            let key = EncodingKey::from_secret(secret);
            let signature = crypto::sign(message.as_bytes(), &key, Algorithm::HS256).unwrap();
            let verdict = world.judge(&format!("{message}.{signature}")).await.err();
            assert!(
                matches!(verdict, Some(Rejected::Algorithm | Rejected::Signature)),
                "{verdict:?}"
            );
        }
    }
}

#[tokio::test]
async fn a_token_for_another_server_is_refused() {
    let world = World::new();
    let tools = Verifier::new("https://todo.example/mcp".to_owned()).trust_ring(OURS, &world.ring);
    let token = world.ring.sign_parts(&world.header().to_string(), &claims().to_string());
    let now = DateTime::from_timestamp(NOW, 0).unwrap();
    assert_eq!(tools.verify(&token, now).await, Err(Rejected::Audience));
}

#[tokio::test]
async fn an_external_token_speaks_for_its_issuer_and_for_nothing_of_ours() {
    let world = World::external("null");
    let header = world.header().to_string();
    let principal =
        world.judge(&world.ring.sign_parts(&header, &their_claims().to_string())).await.unwrap();
    assert_eq!(
        principal,
        Principal {
            issuer: THEIRS.to_owned(),
            subject: "auth0|1".to_owned(),
            user: None,
            session: None,
            call: None,
            token_id: None,
            expires_at: DateTime::from_timestamp(NOW + 86_400, 0).unwrap(),
        }
    );
    for (spoiled, verdict) in [
        (with(their_claims(), "sub", json!(USER)), None),
        (with(their_claims(), "aud", json!(["todochat"])), None),
        (with(their_claims(), "aud", json!(["todochat", "other"])), Some(Rejected::Claims)),
        (with(their_claims(), "aud", json!(AUDIENCE)), Some(Rejected::Audience)),
        (with(their_claims(), "exp", json!(NOW + 86_401)), Some(Rejected::Lifetime)),
        (with(their_claims(), "iss", json!(OURS)), Some(Rejected::Issuer)),
        (without(their_claims(), "iat"), Some(Rejected::Claims)),
        (with(their_claims(), "sub", json!("")), Some(Rejected::Subject)),
        (with(their_claims(), "sub", json!("a b")), Some(Rejected::Subject)),
        (with(their_claims(), "sub", json!("a\0")), Some(Rejected::Subject)),
        (with(their_claims(), "sub", json!("ä")), Some(Rejected::Subject)),
        (with(their_claims(), "sub", json!("a".repeat(256))), Some(Rejected::Subject)),
        (with(their_claims(), "sub", json!("a".repeat(255))), None),
    ] {
        let token = world.ring.sign_parts(&header, &spoiled.to_string());
        assert_eq!(world.judge(&token).await.err(), verdict, "{spoiled}");
    }
    let posing = with(their_claims(), "sub", json!(USER)).to_string();
    assert_eq!(world.judge(&world.ring.sign_parts(&header, &posing)).await.unwrap().user, None);
}

#[tokio::test]
async fn the_type_of_an_external_token_is_the_configured_one() {
    for (configured, typ, accepted) in [
        (r#""JWT""#, json!("JWT"), true),
        (r#""JWT""#, json!("at+jwt"), false),
        (r#""JWT""#, json!(null), false),
        (r#""at+jwt""#, json!("at+jwt"), true),
        (r#""at+jwt""#, json!("JWT"), false),
        ("null", json!("anything"), true),
        ("null", json!(null), true),
    ] {
        let world = World::external(configured);
        let header = with(world.header(), "typ", typ.clone()).to_string();
        let verdict =
            world.judge(&world.ring.sign_parts(&header, &their_claims().to_string())).await;
        assert_eq!(verdict.is_ok(), accepted, "{configured} {typ}");
    }
}

#[tokio::test]
async fn an_external_issuer_cannot_take_our_name() {
    let world = World::external("null");
    let ours = World::new();
    let issuers = format!(
        r#"[{{"issuer": "{OURS}", "jwks_url": "x", "audience": "{AUDIENCE}", "algorithms": ["EdDSA"]}}]"#
    );
    let jwks = world.ring.jwks().to_string().into_bytes();
    let fetch = Fetch::new(move |_| {
        let body = jwks.clone();
        async { Ok(Fetched { body, max_age: None }) }
    });
    let issuer = parse_issuers(&issuers).unwrap().remove(0);
    let verifier = ours.verifier.clone().trust_external(&issuer, fetch);
    let now = DateTime::from_timestamp(NOW, 0).unwrap();
    let posing = world.ring.sign_parts(&world.header().to_string(), &claims().to_string());
    assert_eq!(verifier.verify(&posing, now).await.err(), Some(Rejected::Key));
}

impl World {
    /// What is said of a good token at once, and again after `later`.
    async fn twice(&self, token: &str, later: TimeDelta) -> [Result<Principal, Rejected>; 2] {
        let now = DateTime::from_timestamp(NOW, 0).unwrap();
        [self.verifier.verify(token, now).await, self.verifier.verify(token, now + later).await]
    }

    fn good(&self) -> String {
        self.ring.sign_parts(&self.header().to_string(), &claims().to_string())
    }
}

#[tokio::test]
async fn a_token_that_was_good_says_the_same_again_until_its_time_is_over() {
    let world = World::new();
    let [first, again] = world.twice(&world.good(), TimeDelta::minutes(9)).await;
    assert_eq!(again, first);
    let [_, late] = world.twice(&world.good(), TimeDelta::minutes(11)).await;
    assert_eq!(late, Err(Rejected::Expired));
}

#[tokio::test]
async fn a_token_that_was_good_is_refused_once_its_key_is_gone_or_another() {
    let world = World::new();
    let keys = crate::SigningKeys::from(Arc::new(KeyRing::generate()));
    let verifier = Verifier::new(AUDIENCE.to_owned()).trust_keys(OURS, keys.public().clone());
    let other = World { verifier, ..world };
    assert_eq!(other.judge(&other.good()).await, Err(Rejected::Key), "not known yet");
    let token = other.good();
    let ring = Arc::new(other.ring);
    keys.replace(ring.clone());
    let now = DateTime::from_timestamp(NOW, 0).unwrap();
    assert!(other.verifier.verify(&token, now).await.is_ok());
    keys.replace(Arc::new(KeyRing::generate()));
    assert_eq!(other.verifier.verify(&token, now).await, Err(Rejected::Key));
}

#[tokio::test]
async fn a_key_of_the_same_name_is_another_key() {
    let (ours, theirs) = (World::new(), World::new());
    let named = |ring: &KeyRing| {
        let mut jwks = ring.jwks();
        jwks["keys"][0]["kid"] = json!("k");
        jwks.to_string().into_bytes()
    };
    let published = Arc::new(std::sync::Mutex::new(named(&ours.ring)));
    let fetch = Fetch::new({
        let published = published.clone();
        move |_| {
            let body = published.lock().unwrap().clone();
            async { Ok(Fetched { body, max_age: None }) }
        }
    });
    let issuers = format!(
        r#"[{{"issuer": "{THEIRS}", "jwks_url": "https://id.example/keys", "audience": "todochat", "algorithms": ["EdDSA"]}}]"#
    );
    let issuer = parse_issuers(&issuers).unwrap().remove(0);
    let verifier = Verifier::new(AUDIENCE.to_owned()).trust_external(&issuer, fetch);
    let header = with(ours.header(), "kid", json!("k")).to_string();
    let token = ours.ring.sign_parts(&header, &their_claims().to_string());
    let now = DateTime::from_timestamp(NOW, 0).unwrap();
    assert!(verifier.verify(&token, now).await.is_ok());
    *published.lock().unwrap() = named(&theirs.ring);
    // Late enough for the set to be asked for again, which is done beside the request.
    let later = now + TimeDelta::hours(23);
    for _ in 0..100 {
        if verifier.verify(&token, later).await == Err(Rejected::Signature) {
            return;
        }
        tokio::task::yield_now().await;
    }
    panic!("the old key is still taken for the new one");
}

#[tokio::test]
async fn a_token_for_one_call_is_not_remembered() {
    let world = World::new();
    let mut bound = claims();
    bound["tool"] = json!("add_task");
    bound["args_sha256"] = json!("0".repeat(64));
    let token = world.ring.sign_parts(&world.header().to_string(), &bound.to_string());
    assert!(world.judge(&token).await.is_ok());
    assert!(world.verifier.seen.find(&seen::hash(&token)).is_none());
    assert!(world.judge(&world.good()).await.is_ok());
    assert!(world.verifier.seen.find(&seen::hash(&world.good())).is_some());
}
