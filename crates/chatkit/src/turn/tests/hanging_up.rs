//! Clients that hang up while the store begins their turn, before there is anything to read.

use futures_util::poll;

use super::*;
use crate::TurnState;
use crate::testing::Gate;

const MORE: &[u8] = br#"{"type":"threads.add_user_message","params":{"thread_id":"thr_1","input":{"content":[{"type":"input_text","text":"and?"}]}}}"#;

/// A server whose client hung up while it waited to begin the turn, when all turns have ended.
async fn after_hanging_up(on_disconnect: OnDisconnect, script: fn() -> Vec<Step>) -> Scripted {
    let (server, gate) = (server(on_disconnect, script), Gate::closed());
    server.store().begin_behind(&gate);
    let mut asking = Box::pin(say_hi(&server));
    assert!(poll!(asking.as_mut()).is_pending());
    drop(asking);
    gate.open();
    ended(&server).await;
    server
}

/// How the only turn ended.
async fn state(server: &Scripted) -> TurnState {
    server.store().load_turn(&"ann".to_owned(), "trn_1").await.unwrap().state
}

#[tokio::test(start_paused = true)]
async fn the_turn_is_cancelled_at_once() {
    let began = tokio::time::Instant::now();
    let half = || vec![Event::added(message("a", "")).into(), text("a", "Hel"), Step::Hang];
    let server = after_hanging_up(OnDisconnect::Cancel, half).await;
    assert_eq!(began.elapsed(), Duration::ZERO);
    assert_eq!(state(&server).await, TurnState::Cancelled);
    assert_eq!(kept(&server)[0], "a Hel");
}

#[tokio::test(start_paused = true)]
async fn a_turn_that_continues_is_answered() {
    let hello = || vec![Event::done(message("a", "Hello")).into()];
    let server = after_hanging_up(OnDisconnect::Continue, hello).await;
    assert_eq!(state(&server).await, TurnState::Done);
    assert_eq!(kept(&server), ["a Hello"]);
}

#[tokio::test(start_paused = true)]
async fn a_turn_with_grace_has_its_time() {
    let began = tokio::time::Instant::now();
    let grace = OnDisconnect::Grace(Duration::from_secs(5));
    let server = after_hanging_up(grace, || vec![Step::Hang]).await;
    assert_eq!(began.elapsed().as_secs(), 5);
    assert_eq!(state(&server).await, TurnState::Cancelled);
}

/// Nobody has been told that a message in the queue was accepted, so nobody misses it.
#[tokio::test(start_paused = true)]
async fn a_message_that_waits_for_another_turn_is_not_kept() {
    for is_locked in [false, true] {
        let server = server(OnDisconnect::Continue, || vec![Step::Hang]);
        let _first = say_hi(&server).await;
        let gate = Gate::closed();
        if is_locked {
            server.store().begin_behind(&gate);
        }
        let more = server.parse(MORE).unwrap();
        let mut asking = Box::pin(server.process_request(more, "ann".to_owned()));
        assert!(poll!(asking.as_mut()).is_pending());
        drop(asking);
        gate.open();
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert_eq!(server.store().operations(), ["begin_turn new"]);
        assert_eq!(server.options().tracker.len(), 1, "nothing goes on but the first turn");
    }
}
