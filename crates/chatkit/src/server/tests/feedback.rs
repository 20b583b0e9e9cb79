//! Thumbs up and down.

use std::sync::{Arc, Mutex};

use super::*;

type Heard = Arc<Mutex<Vec<String>>>;

fn listening() -> (Scripted, Heard) {
    let heard = Heard::default();
    let ears = Arc::clone(&heard);
    let responder = ScriptedResponder::new(|_| Vec::new()).hearing(move |feedback| {
        if feedback.item_ids == ["refuse"] {
            return Err(Error::new(429, "rate_limited", "not so often"));
        }
        let words = format!("{:?} {:?} {}", feedback.kind, feedback.item_ids, feedback.context);
        ears.lock().unwrap().push(words);
        Ok(())
    });
    let server = Server::new(MemoryStore::default(), responder, Options::default());
    put_thread(&server, "thr_a", ThreadStatus::Active, vec![message("m")]);
    (server, heard)
}

fn thumb(kind: &str, ids: &[&str]) -> Value {
    op("items.feedback", json!({"thread_id": "thr_a", "item_ids": ids, "kind": kind}))
}

#[tokio::test]
async fn feedback_reaches_the_application_and_not_the_store() {
    let (server, heard) = listening();
    for request in [thumb("positive", &["wf", "m"]), thumb("negative", &[])] {
        assert_eq!(ask(&server, "ann", request).await.unwrap(), json!({}));
    }
    let expected = [r#"Positive ["wf", "m"] ann"#, "Negative [] ann"];
    assert_eq!(*heard.lock().unwrap(), expected);
    assert_eq!(server.store().operations(), Vec::<String>::new());
}

#[tokio::test]
async fn feedback_on_a_foreign_conversation_is_not_found() {
    let (server, heard) = listening();
    assert_eq!(refused(&server, "bob", thumb("positive", &["m"])).await.0, 404);
    assert!(heard.lock().unwrap().is_empty());
}

#[tokio::test]
async fn feedback_is_refused_in_the_applications_words() {
    let (server, _) = listening();
    let refusal = refused(&server, "ann", thumb("positive", &["refuse"])).await;
    assert_eq!(refusal, (429, "rate_limited".to_owned()));
}

#[tokio::test]
async fn there_is_no_third_kind_of_feedback() {
    let (server, _) = listening();
    assert_eq!(refused(&server, "ann", thumb("neutral", &["m"])).await.0, 400);
}
