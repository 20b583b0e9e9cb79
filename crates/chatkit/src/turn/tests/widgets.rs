//! Widgets that change while somebody comes back, goes away, or the server dies.

use serde_json::json;

use super::*;
use crate::protocol::{WidgetItem, WidgetRoot};
use crate::testing::Gate;

fn card(value: &str) -> WidgetRoot {
    let text = json!({"type": "Markdown", "id": "t", "value": value, "streaming": true});
    json!({"type": "Card", "children": [text]}).into()
}

fn widget(value: &str) -> ThreadItem {
    ThreadItem::Widget(WidgetItem {
        id: "w".to_owned(),
        thread_id: THREAD.to_owned(),
        created_at: MemoryStore::default().now(),
        widget: card(value),
        copy_text: None,
    })
}

fn grown(delta: &str) -> Step {
    let (component_id, delta) = ("t".to_owned(), delta.to_owned());
    Event::updated("w", ThreadItemUpdate::WidgetTextDelta { component_id, delta, done: false })
        .into()
}

fn replaced_text(value: &str) -> Step {
    let component = card(value).0["children"][0].take().into();
    let component_id = "t".to_owned();
    Event::updated("w", ThreadItemUpdate::WidgetComponentUpdated { component_id, component }).into()
}

fn replaced(value: &str) -> Step {
    Event::updated("w", ThreadItemUpdate::WidgetRootUpdated { widget: card(value) }).into()
}

/// "H", "el", a pause until the gate opens, "lo".
fn hello(on_disconnect: OnDisconnect) -> (Scripted, Gate) {
    let gate = Gate::closed();
    let waiting = gate.clone();
    let options = Options { on_disconnect, ..Options::default() };
    let server = with_options(options, move || {
        vec![
            Event::added(widget("H")).into(),
            grown("el"),
            Step::Wait(waiting.clone()),
            grown("lo"),
            Event::done(widget("Hello")).into(),
        ]
    });
    (server, gate)
}

#[tokio::test]
async fn a_reader_that_comes_in_the_middle_sees_it_as_it_stands_and_what_follows() {
    let (server, gate) = hello(OnDisconnect::Continue);
    drop(say_hi(&server).await);
    taken(&server, 3).await;
    let back = server.turn_events("ann".to_owned(), "trn_1", None).await.unwrap();
    gate.open();
    let events: Vec<_> = back.map(|event| brief(&event)).collect().await;
    assert_eq!(events, ["done msg_1", "cancel? true", "added w Hel", "w +lo", "done w Hello"]);
}

#[tokio::test]
async fn each_kind_of_update_is_in_what_such_a_reader_sees() {
    for seen in ["added w Hello", "added w parts", "added w whole"] {
        let updates = move || match seen {
            "added w Hello" => vec![grown("el"), grown("lo")],
            "added w parts" => vec![replaced_text("part"), grown("s")],
            _ => vec![replaced("whole")],
        };
        let script = move || {
            let begin = [Event::added(widget("H")).into()].into_iter();
            begin.chain(updates()).chain([Step::Hang]).collect::<Vec<_>>()
        };
        let steps = script().len();
        let server = with_options(Options::default(), script);
        let _first = say_hi(&server).await;
        taken(&server, steps).await;
        let mut back = server.turn_events("ann".to_owned(), "trn_1", None).await.unwrap();
        let mut last = String::new();
        for _ in 0..3 {
            last = brief(&back.next().await.unwrap());
        }
        assert_eq!(last, seen);
    }
}

#[tokio::test(start_paused = true)]
async fn it_is_kept_within_a_second_for_readers_on_other_servers() {
    let (server, gate) = hello(OnDisconnect::Continue);
    let stream = say_hi(&server).await;
    taken(&server, 3).await;
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    assert_eq!(kept(&server), ["w Hel"]);
    gate.open();
    drop(stream);
    ended(&server).await;
    assert_eq!(kept(&server), ["w Hello"]);
}

#[tokio::test(start_paused = true)]
async fn it_is_taken_back_if_it_is_never_done_though_it_was_kept() {
    let (server, _gate) = hello(OnDisconnect::Cancel);
    let stream = say_hi(&server).await;
    taken(&server, 3).await;
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    assert_eq!(kept(&server), ["w Hel"]);
    drop(stream);
    ended(&server).await;
    let kept = server.store().items(THREAD);
    assert_eq!(kept.len(), 2, "the message and the note: {kept:?}");
}
