//! A thousand scripts: items begun, changed and done in any order, failures and panics, and clients that hang up anywhere.

use chatkit_server::OnDisconnect;
use serde_json::{Value, json};

use super::chance::Chance;
use super::seeds;
use crate::compare::by_id;
use crate::oracle;
use crate::play::{Transcript, play, play_until};
use crate::script::{
    Case, added, and_thread_is, card, create, delta, done, emit, fail, fail_saying, hang, hidden,
    item, message, part, part_added, part_done, removed, replaced, task, task_added, task_updated,
    updated, widget, workflow,
};

const SCRIPTS: u64 = 1_000;

/// Those that are played on the SDK's server too.
const ON_BOTH: u64 = 100;

#[tokio::test]
async fn after_a_thousand_scripts_there_is_what_a_client_was_told() {
    for seed in seeds(SCRIPTS) {
        let chance = &mut Chance::new(seed);
        let case = Case::new().ask(create("hi")).respond(script(chance));
        let told = format!("seed {seed}: {}", json!(case.steps[0].respond));
        let whole = play(&case).await;
        check_whole(&case, &whole, &told);
        let events = whole.answers[0]["events"].as_array().unwrap();
        let until = chance.below(events.len() + 1);
        let went_on = play_until(&case, OnDisconnect::Continue, until).await;
        assert_eq!(shown(&went_on), shown(&whole), "after {until} events, {told}");
        let cut = play_until(&case, OnDisconnect::Cancel, until).await;
        check_cut(&cut, events, until, &told);
    }
}

#[tokio::test]
async fn a_hundred_scripts_come_to_the_same_on_both_servers() {
    for seed in seeds(ON_BOTH) {
        eprintln!("seed {seed}");
        Case::new().ask(create("hi")).respond(tame_script(&mut Chance::new(seed))).agrees().await;
    }
}

/// All events were read.
fn check_whole(case: &Case, whole: &Transcript, told: &str) {
    let events = whole.answers[0]["events"].as_array().unwrap();
    let fails = |step: &Value| step.get("fail").is_some() || step.get("panic").is_some();
    let failed = case.steps[0].respond.iter().any(fails);
    assert_eq!(events.last().unwrap()["type"] == "error", failed, "{told}");
    let folded = oracle::ask(&json!({"ask": "fold", "events": events}));
    assert_eq!(by_id(&plain(&folded)), shown(whole), "{told}");
    assert_eq!(oracle::problems(&whole.sent), Vec::<String>::new(), "{told}");
}

/// The client hung up: what is kept is what a server leaves after some event that the client may not
/// have read any more, but never less than it had read.
fn check_cut(cut: &Transcript, events: &[Value], until: usize, told: &str) {
    let states = oracle::ask(&json!({"ask": "fold", "events": events, "cut": true}));
    let states = states.as_array().unwrap();
    let kept = shown(cut);
    let found = states.iter().skip(until).any(|state| by_id(&plain(state)) == kept);
    assert!(found, "after {until} events there is {kept:?}, {told}");
}

fn shown(played: &Transcript) -> std::collections::HashMap<String, Value> {
    by_id(&plain(&json!(played.shown[0].1)))
}

/// Without how long workflows took, which is none of this.
fn plain(value: &Value) -> Value {
    match value {
        Value::Array(array) => array.iter().map(plain).collect(),
        Value::Object(object) => {
            let entries = object.iter().map(|(key, value)| {
                let value = if key == "duration" { json!(0) } else { plain(value) };
                (key.clone(), value)
            });
            Value::Object(entries.collect())
        }
        other => other.clone(),
    }
}

/// A script in the making: which items are begun, and which are done.
#[derive(Default)]
struct Draft {
    acts: Vec<Value>,
    open: Vec<(String, &'static str)>,
    kept: Vec<(String, &'static str)>,
    named: usize,
    /// Whether it does nothing that the two servers differ in.
    tame: bool,
}

const KINDS: [&str; 5] =
    ["assistant_message", "workflow", "widget", "generated_image", "hidden_context_item"];

fn script(chance: &mut Chance) -> Vec<Value> {
    let mut draft = Draft::default();
    for _ in 0..chance.below(40) {
        draft.act(chance);
        if chance.one_in(5) {
            draft.acts.push(json!({"pause": true}));
        }
    }
    match chance.below(8) {
        0 => draft.acts.push(fail()),
        1 => draft.acts.push(fail_saying("No more", chance.one_in(2))),
        2 => draft.acts.push(json!({"panic": true})),
        _ => {}
    }
    draft.acts
}

/// A script without what `differences.rs` tells of: hidden items, failures, workflows that are left
/// open, and finished parts that forget their annotations. Steps that are not there are changed in
/// none: that breaks the SDK's turn.
fn tame_script(chance: &mut Chance) -> Vec<Value> {
    let mut draft = Draft { tame: true, ..Draft::default() };
    for _ in 0..chance.below(40) {
        draft.act(chance);
    }
    let hangs = chance.one_in(2);
    while let Some(at) = draft.open.iter().position(|(_, kind)| !hangs || *kind == "workflow") {
        let (id, kind) = draft.open.remove(at);
        draft.acts.push(done(some(kind, &id, chance)));
    }
    draft.acts.extend(hangs.then(hang));
    draft.acts
}

impl Draft {
    fn act(&mut self, chance: &mut Chance) {
        let act = match chance.below(12) {
            0 | 1 => Some(self.begin(chance)),
            2..=6 => Some(self.change(chance)),
            7 => self.finish(chance),
            8 => self.replace(chance),
            9 if chance.one_in(3) => self.remove(chance),
            10 => Some(done(self.new_item(chance).1)),
            _ => Some(self.say(chance)),
        };
        self.acts.extend(act);
    }

    /// An item with a name that no other has.
    fn new_item(&mut self, chance: &mut Chance) -> (&'static str, Value) {
        let kind = *chance.pick(if self.tame { &KINDS[..4] } else { &KINDS });
        self.named += 1;
        let id = format!("{kind}-{}", self.named);
        self.kept.push((id.clone(), kind));
        (kind, some(kind, &id, chance))
    }

    fn begin(&mut self, chance: &mut Chance) -> Value {
        let (_, item) = self.new_item(chance);
        self.open.extend(self.kept.pop());
        added(item)
    }

    fn change(&mut self, chance: &mut Chance) -> Value {
        if chance.one_in(10) || self.open.is_empty() {
            return delta("nobody", 0, "x");
        }
        let (id, kind) = chance.pick(&self.open).clone();
        match kind {
            "assistant_message" => text(&id, self.tame, chance),
            "workflow" => step(&id, self.tame, chance),
            "widget" => updated(&id, json!({"type": "widget.root.updated", "widget": card("x")})),
            "generated_image" => updated(
                &id,
                json!({"type": "generated_image.updated", "image": {"id": "i", "url": "https://a.example/"}}),
            ),
            _ => delta(&id, 0, "hidden"),
        }
    }

    fn finish(&mut self, chance: &mut Chance) -> Option<Value> {
        let at = (!self.open.is_empty()).then(|| chance.below(self.open.len()))?;
        let (id, kind) = self.open.swap_remove(at);
        self.kept.push((id.clone(), kind));
        Some(done(some(kind, &id, chance)))
    }

    fn replace(&mut self, chance: &mut Chance) -> Option<Value> {
        let (id, kind) = (!self.kept.is_empty()).then(|| chance.pick(&self.kept).clone())?;
        Some(replaced(some(kind, &id, chance)))
    }

    fn remove(&mut self, chance: &mut Chance) -> Option<Value> {
        let from = if chance.one_in(2) { &mut self.open } else { &mut self.kept };
        let at = (!from.is_empty()).then(|| chance.below(from.len()))?;
        Some(removed(&from.swap_remove(at).0))
    }

    fn say(&mut self, chance: &mut Chance) -> Value {
        let said = match chance.below(3) {
            0 => json!({"type": "progress_update", "text": "…"}),
            1 => json!({"type": "notice", "level": "info", "message": "x"}),
            _ => json!({"type": "client_effect", "name": "x", "data": {"n": null}}),
        };
        if chance.one_in(4) {
            let title = format!("T{}", self.acts.len());
            return and_thread_is(emit(said), json!({"title": title}));
        }
        emit(said)
    }
}

const WORDS: [&str; 6] = ["", " ", "word", "two words", "😀 \u{2028}", "\n\n"];

fn some(kind: &str, id: &str, chance: &mut Chance) -> Value {
    match kind {
        "assistant_message" => message(id, chance.word(&WORDS)),
        "workflow" => {
            let count = chance.below(3);
            workflow(id, (0..count).map(|n| task(&format!("t{n}"), ["loading", "complete"][n % 2])))
        }
        "widget" => widget(id, card(chance.word(&WORDS))),
        "generated_image" => item(kind, id, json!({})),
        _ => hidden(id),
    }
}

fn text(id: &str, tame: bool, chance: &mut Chance) -> Value {
    let index = u32::try_from([0, 0, 0, 0, 1, 3][chance.below(6)]).expect("it is small");
    let words = chance.word(&WORDS);
    match chance.below(8) {
        0 => part_added(id, index, part(words)),
        1 if !tame => part_done(id, index, part(words)),
        2 => updated(
            id,
            json!({
                "type": "assistant_message.content_part.annotation_added",
                "content_index": index, "annotation_index": chance.below(3),
                "annotation": {"type": "annotation", "source": {"type": "file", "title": words, "filename": "f"}},
            }),
        ),
        3 => task_added(id, 0, task("not of a message", "none")),
        _ => delta(id, index, words),
    }
}

fn step(id: &str, tame: bool, chance: &mut Chance) -> Value {
    let index = u32::try_from(chance.below(4)).expect("it is small");
    let task = task(chance.word(&WORDS), chance.word(&["none", "loading", "complete"]));
    match chance.below(3) {
        0 => delta(id, 0, "not of a workflow"),
        1 if !tame => task_updated(id, index, task),
        _ => task_added(id, index, task),
    }
}
