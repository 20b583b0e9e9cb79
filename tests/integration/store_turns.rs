//! Turns in the store: one at a time in a thread, nobody writes in another's, and what is left of
//! those whose server died.
#![expect(clippy::similar_names, reason = "a turn and its thread have the names that they have")]

use std::pin::pin;

use chatkit_server::{
    Begun, Change, Hidden, IdempotencyKey, PageRequest, Store as _, StoreError, TurnEnd, TurnLease,
    TurnStart, TurnState,
    protocol::{
        AssistantMessageContent, AssistantMessageItem, InferenceOptions, Object, Order, ThreadItem,
        ThreadMetadata, ThreadStatus, UserMessageContent, UserMessageItem,
    },
};
use chrono::{DateTime, TimeDelta};
use futures_util::future::{Either, select};
use serde_json::json;
use todochat_auth::UserId;
use todochat_chat_server::{
    caller::Caller,
    store::{MessageLimit, threads::Threads},
};
use todochat_database::{Transaction, on_each};
use todochat_service::{Clock, Ids};
use todochat_tests::{TestDatabase, on_each_way, postgres};

on_each_way!(
    a_thread_has_one_turn_at_a_time,
    of_two_servers_that_begin_at_once_one_begins,
    what_another_server_took_over_its_owner_cannot_write,
    a_sweep_ends_the_dead_turns_of_all_users_and_no_other,
    a_sign_of_life_keeps_a_turn_and_tells_which_are_lost,
    a_dead_turn_gives_way_to_the_next_message,
    what_is_checkpointed_takes_its_place_once,
    checkpoints_of_many_are_each_their_own,
    a_message_that_is_too_much_leaves_nothing,
    a_change_of_what_is_not_there_changes_nothing,
    a_key_begins_one_turn_a_day,
    a_turn_is_its_users_alone,
    a_deleted_thread_has_no_turn_to_write_in,
    a_turn_is_read_with_its_own_items,
);

/// Two servers on one database, and the time there.
struct Stage {
    one: Threads,
    two: Threads,
    clock: Clock,
    test: TestDatabase,
}

impl Stage {
    fn new(test: TestDatabase) -> Self {
        let clock = Clock::fixed(DateTime::from_timestamp(1_800_000_000, 0).unwrap());
        let ids = Ids::random();
        let server = || {
            let limit = MessageLimit::per_minute(100_000);
            Threads::new(test.database().clone(), clock.clone(), ids.clone(), limit)
        };
        Self { one: server(), two: server(), clock, test }
    }

    /// A user's thread with a turn that the first server runs.
    async fn begun(&self, caller: &Caller, id: &str) -> Begun {
        let (thread, item) = (thread(id), question(id, "q1"));
        let start = TurnStart { is_new: true, item: Some(&item), ..TurnStart::of(&thread) };
        self.one.begin_turn(caller, start).await.unwrap()
    }

    /// The first server is dead for so long that nobody believes in it any more.
    async fn let_die(&self, caller: &Caller) {
        let user = caller.user.as_str();
        let mut tx = self.test.database().write_as(user).await.unwrap();
        let past = "UPDATE turns SET lease_until = 1 WHERE user_id = $1";
        on_each!(&mut tx, connection => {
            sqlx::query(past).bind(user).execute(connection).await.map(drop)
        })
        .unwrap();
        tx.commit().await.unwrap();
    }

    async fn items(&self, caller: &Caller, id: &str) -> Vec<String> {
        let items = self.two.recent_items(caller, id).await.unwrap();
        items.iter().map(|item| item.id().to_owned()).collect()
    }
}

async fn run(tx: &mut Transaction, statement: &'static str) -> Result<u64, sqlx::Error> {
    on_each!(tx, connection => {
        sqlx::query(statement).execute(connection).await.map(|done| done.rows_affected())
    })
}

fn caller(name: &str) -> Caller {
    Caller::new(UserId::parse(&format!("usr_{name}")).unwrap())
}

fn thread(id: &str) -> ThreadMetadata {
    ThreadMetadata {
        id: id.to_owned(),
        title: Some("Errands".to_owned()),
        created_at: DateTime::UNIX_EPOCH,
        status: ThreadStatus::Active,
        allowed_image_domains: None,
        metadata: Object::new(),
    }
}

fn question(thread_id: &str, id: &str) -> ThreadItem {
    ThreadItem::UserMessage(UserMessageItem {
        id: id.to_owned(),
        thread_id: thread_id.to_owned(),
        created_at: DateTime::UNIX_EPOCH,
        content: vec![UserMessageContent::InputText { text: "hi".to_owned() }],
        attachments: Vec::new(),
        quoted_text: None,
        inference_options: InferenceOptions::default(),
    })
}

fn answer(thread_id: &str, id: &str, text: &str) -> ThreadItem {
    ThreadItem::AssistantMessage(AssistantMessageItem {
        id: id.to_owned(),
        thread_id: thread_id.to_owned(),
        created_at: DateTime::UNIX_EPOCH,
        content: vec![AssistantMessageContent::text(text)],
    })
}

fn badge(thread_id: &str, status: &str) -> ThreadItem {
    let workflow = json!({
        "type": "custom",
        "tasks": [{"type": "custom", "status_indicator": status, "title": "add_task"}],
        "expanded": false,
    });
    let item = json!({
        "type": "workflow", "id": "w1", "thread_id": thread_id,
        "created_at": "1970-01-01T00:00:00", "workflow": workflow,
    });
    ThreadItem::from_json(&item.to_string()).unwrap()
}

const DONE: TurnEnd = TurnEnd { state: TurnState::Done, error: None };

async fn a_thread_has_one_turn_at_a_time(test: TestDatabase) {
    let (stage, ann) = (Stage::new(test), caller("ann"));
    let Begun { turn, thread } = stage.begun(&ann, "thr_1").await;
    let item = question("thr_1", "q2");
    let next = TurnStart { item: Some(&item), ..TurnStart::of(&thread) };
    let busy = stage.two.begin_turn(&ann, next).await.unwrap_err();
    assert!(matches!(busy, StoreError::Busy), "{busy}");
    assert_eq!(stage.items(&ann, "thr_1").await, ["q1"], "nothing of it is kept");
    assert_eq!(stage.two.running_turn(&ann, "thr_1").await.unwrap(), Some(turn.turn_id.clone()));

    let said = answer("thr_1", "a1", "Hello");
    stage.one.end_turn(&ann, &turn, &[Change::Add(&said)], &DONE).await.unwrap();
    assert_eq!(stage.two.running_turn(&ann, "thr_1").await.unwrap(), None);
    stage.two.begin_turn(&ann, next).await.unwrap();
    assert_eq!(stage.items(&ann, "thr_1").await, ["q1", "a1", "q2"]);
}

/// Whoever comes first: a thousand times, on connections of their own.
async fn of_two_servers_that_begin_at_once_one_begins(test: TestDatabase) {
    let (stage, ann) = (Stage::new(test), caller("ann"));
    let Begun { turn, thread } = stage.begun(&ann, "thr_1").await;
    stage.one.end_turn(&ann, &turn, &[], &DONE).await.unwrap();
    let mut begun = [0, 0];
    for race in 0..1_000 {
        let items = ["here", "there"].map(|server| question("thr_1", &format!("{server} {race}")));
        let start = |item| TurnStart { item: Some(item), ..TurnStart::of(&thread) };
        let (here, there) = tokio::join!(
            stage.one.begin_turn(&ann, start(&items[0])),
            stage.two.begin_turn(&ann, start(&items[1])),
        );
        let (at, turn, other) = match (here, there) {
            (Ok(won), Err(lost)) => (0, won.turn, lost),
            (Err(lost), Ok(won)) => (1, won.turn, lost),
            both => panic!("race {race}: {both:?}"),
        };
        assert!(matches!(other, StoreError::Busy), "race {race}: {other}");
        begun[at] += 1;
        [&stage.one, &stage.two][at].end_turn(&ann, &turn, &[], &DONE).await.unwrap();
    }
    let all = PageRequest { limit: 10_000, after: None, order: Order::Asc };
    let kept = stage.two.load_items(&ann, "thr_1", &all, Hidden::Include).await.unwrap();
    assert_eq!(
        kept.data.len(),
        1_001,
        "the messages of those who began, and of nobody else: {begun:?}"
    );
}

async fn what_another_server_took_over_its_owner_cannot_write(test: TestDatabase) {
    let (stage, ann) = (Stage::new(test), caller("ann"));
    let Begun { turn, .. } = stage.begun(&ann, "thr_1").await;
    stage.let_die(&ann).await;
    assert_eq!(stage.two.sweep_turns().await.unwrap(), 1);

    let said = answer("thr_1", "a1", "too late");
    for change in [Change::Add(&said), Change::Checkpoint(&said), Change::Delete("q1")] {
        let lost = stage.one.keep(&ann, &turn, &[change]).await.unwrap_err();
        assert!(matches!(lost, StoreError::Lost), "{lost}");
    }
    let lost = stage.one.end_turn(&ann, &turn, &[Change::Add(&said)], &DONE).await.unwrap_err();
    assert!(matches!(lost, StoreError::Lost), "{lost}");
    assert_eq!(stage.items(&ann, "thr_1").await, ["q1"]);
    let kept = stage.two.load_turn(&ann, &turn.turn_id).await.unwrap();
    assert_eq!(kept.state, TurnState::Interrupted);
    assert!(kept.error.unwrap().allow_retry);
}

async fn a_sweep_ends_the_dead_turns_of_all_users_and_no_other(test: TestDatabase) {
    let (stage, ann, bob, eve) = (Stage::new(test), caller("ann"), caller("bob"), caller("eve"));
    for (user, id) in [(&ann, "thr_a"), (&bob, "thr_b"), (&eve, "thr_e")] {
        let Begun { turn, .. } = stage.begun(user, id).await;
        let (badge, text) = (badge(id, "loading"), answer(id, "a1", "I have"));
        let open = [Change::Checkpoint(&badge), Change::Checkpoint(&text)];
        stage.one.keep(user, &turn, &open).await.unwrap();
    }
    stage.let_die(&ann).await;
    stage.let_die(&bob).await;
    assert_eq!(stage.two.sweep_turns().await.unwrap(), 2);
    assert_eq!(stage.two.sweep_turns().await.unwrap(), 0, "each once");
    for (user, id, status) in
        [(&ann, "thr_a", "complete"), (&bob, "thr_b", "complete"), (&eve, "thr_e", "loading")]
    {
        let items = stage.two.recent_items(user, id).await.unwrap();
        let [_, badge, text] = &items[..] else { panic!("{items:?}") };
        let badge = serde_json::to_value(badge).unwrap();
        assert_eq!(badge["workflow"]["tasks"][0]["status_indicator"], status, "{id}");
        assert_eq!(*text, answer(id, "a1", "I have"));
    }
}

async fn a_sign_of_life_keeps_a_turn_and_tells_which_are_lost(test: TestDatabase) {
    let (stage, ann, bob) = (Stage::new(test), caller("ann"), caller("bob"));
    let of_ann = stage.begun(&ann, "thr_a").await.turn;
    let of_bob = stage.begun(&bob, "thr_b").await.turn;
    stage.let_die(&ann).await;
    stage.let_die(&bob).await;
    let leases = [of_ann.clone(), of_bob.clone()];
    assert_eq!(stage.one.renew_turns(&leases).await.unwrap(), Vec::<String>::new());
    assert_eq!(stage.two.sweep_turns().await.unwrap(), 0, "both live again");
    assert_eq!(stage.two.renew_turns(&leases).await.unwrap().len(), 2, "it has none of them");
    stage.let_die(&bob).await;
    stage.two.sweep_turns().await.unwrap();
    assert_eq!(stage.one.renew_turns(&leases).await.unwrap(), [of_bob.turn_id]);
}

async fn a_dead_turn_gives_way_to_the_next_message(test: TestDatabase) {
    let (stage, ann) = (Stage::new(test), caller("ann"));
    let Begun { turn, thread } = stage.begun(&ann, "thr_1").await;
    let text = answer("thr_1", "a1", "I have");
    stage.one.keep(&ann, &turn, &[Change::Checkpoint(&text)]).await.unwrap();
    stage.let_die(&ann).await;
    let item = question("thr_1", "q2");
    let next = TurnStart { item: Some(&item), ..TurnStart::of(&thread) };
    let begun = stage.two.begin_turn(&ann, next).await.unwrap();
    assert_eq!(stage.items(&ann, "thr_1").await, ["q1", "a1", "q2"]);
    let old = stage.two.load_turn(&ann, &turn.turn_id).await.unwrap();
    assert_eq!((old.state, old.items.len()), (TurnState::Interrupted, 2));
    let new = stage.two.load_turn(&ann, &begun.turn.turn_id).await.unwrap();
    assert_eq!((new.state, new.items), (TurnState::Running, vec![item]));
}

async fn what_is_checkpointed_takes_its_place_once(test: TestDatabase) {
    let (stage, ann) = (Stage::new(test), caller("ann"));
    let Begun { turn, .. } = stage.begun(&ann, "thr_1").await;
    for text in ["I", "I have", "I have added"] {
        let text = answer("thr_1", "a1", text);
        stage.one.keep(&ann, &turn, &[Change::Checkpoint(&text)]).await.unwrap();
    }
    let (first, second) = (answer("thr_1", "a1", "I have added it."), answer("thr_1", "a2", "!"));
    let changes = [Change::Add(&second), Change::Add(&first)];
    stage.one.end_turn(&ann, &turn, &changes, &DONE).await.unwrap();
    let items = stage.two.recent_items(&ann, "thr_1").await.unwrap();
    assert_eq!(items, [question("thr_1", "q1"), first, second]);
}

/// Those that are kept together are still of one user, one turn and one holder each.
async fn checkpoints_of_many_are_each_their_own(test: TestDatabase) {
    let stage = Stage::new(test);
    let (ann, bob, eve) = (caller("ann"), caller("bob"), caller("eve"));
    let of_ann = stage.begun(&ann, "thr_a").await.turn;
    let of_bob = stage.begun(&bob, "thr_b").await.turn;
    let of_eve = stage.begun(&eve, "thr_e").await.turn;
    stage.let_die(&eve).await;
    stage.two.sweep_turns().await.unwrap();
    stage.two.delete_thread(&bob, "thr_b").await.unwrap();

    let texts = ["thr_a", "thr_b", "thr_e"].map(|id| [answer(id, "a1", "I"), badge(id, "loading")]);
    let changes = texts.each_ref().map(|[text, badge]| [badge, text].map(Change::Checkpoint));
    let keep = async |who: &Caller, turn: &TurnLease, changes: &[Change<'_>]| {
        stage.one.keep(who, turn, changes).await
    };
    let (kept, gone, lost, anothers) = tokio::join!(
        keep(&ann, &of_ann, &changes[0]),
        keep(&bob, &of_bob, &changes[1]),
        keep(&eve, &of_eve, &changes[2]),
        keep(&bob, &of_ann, &changes[0][..1]),
    );
    kept.unwrap();
    assert!(matches!(gone, Err(StoreError::NotFound)), "{gone:?}");
    assert!(matches!(lost, Err(StoreError::Lost)), "{lost:?}");
    assert!(matches!(anothers, Err(StoreError::NotFound)), "{anothers:?}");
    assert_eq!(stage.items(&ann, "thr_a").await, ["q1", "w1", "a1"]);
    assert_eq!(stage.items(&eve, "thr_e").await, ["q1"]);
}

async fn a_message_that_is_too_much_leaves_nothing(test: TestDatabase) {
    let (stage, ann) = (Stage::new(test), caller("ann"));
    let (ids, limit) = (Ids::random(), MessageLimit::per_minute(1));
    let server = Threads::new(stage.test.database().clone(), stage.clock.clone(), ids, limit);
    let (first, second, item) = (thread("thr_1"), thread("thr_2"), question("thr_1", "q1"));
    let start = TurnStart { is_new: true, item: Some(&item), ..TurnStart::of(&first) };
    server.begin_turn(&ann, start).await.unwrap();
    let key = IdempotencyKey::new(b"k", b"").unwrap();
    let start = TurnStart { is_new: true, key: Some(&key), ..TurnStart::of(&second) };
    let refused = server.begin_turn(&ann, start).await.unwrap_err();
    assert!(matches!(refused, StoreError::Refused { status: 429, .. }), "{refused}");
    let none = server.load_thread(&ann, "thr_2").await.unwrap_err();
    assert!(matches!(none, StoreError::NotFound), "{none}");
    assert_eq!(server.turn_of_key(&ann, &key).await.unwrap(), None);
}

async fn a_change_of_what_is_not_there_changes_nothing(test: TestDatabase) {
    let (stage, ann) = (Stage::new(test), caller("ann"));
    let Begun { turn, .. } = stage.begun(&ann, "thr_1").await;
    let (new, absent) = (answer("thr_1", "a1", "I"), answer("thr_1", "a2", "have"));
    let changes = [Change::Add(&new), Change::Delete("q1"), Change::Save(&absent)];
    let missing = stage.one.keep(&ann, &turn, &changes).await.unwrap_err();
    assert!(matches!(missing, StoreError::NotFound), "{missing}");
    let missing = stage.one.end_turn(&ann, &turn, &changes, &DONE).await.unwrap_err();
    assert!(matches!(missing, StoreError::NotFound), "{missing}");
    assert_eq!(stage.items(&ann, "thr_1").await, ["q1"]);
    let kept = stage.two.load_turn(&ann, &turn.turn_id).await.unwrap();
    assert_eq!(kept.state, TurnState::Running);
}

async fn a_key_begins_one_turn_a_day(test: TestDatabase) {
    let (stage, ann, bob) = (Stage::new(test), caller("ann"), caller("bob"));
    let key = |body: &[u8]| IdempotencyKey::new(b"k", body).unwrap();
    let (hi, ho) = (key(b"hi"), key(b"ho"));
    let begin = async |caller: &Caller, id: &str, key: &IdempotencyKey| {
        let (thread, item) = (thread(id), question(id, "q"));
        let start = TurnStart { is_new: true, item: Some(&item), ..TurnStart::of(&thread) };
        stage.two.begin_turn(caller, TurnStart { key: Some(key), ..start }).await
    };
    let first = begin(&ann, "thr_1", &hi).await.unwrap().turn.turn_id;
    match begin(&ann, "thr_2", &hi).await.unwrap_err() {
        StoreError::Repeated { turn_id } => assert_eq!(turn_id, first),
        other => panic!("{other}"),
    }
    let other = begin(&ann, "thr_2", &ho).await.unwrap_err();
    assert!(matches!(other, StoreError::Refused { status: 422, .. }), "{other}");
    assert!(stage.one.load_thread(&ann, "thr_2").await.is_err(), "nothing of it is kept");
    assert_eq!(stage.one.turn_of_key(&ann, &hi).await.unwrap(), Some(first));
    assert_eq!(stage.one.turn_of_key(&bob, &hi).await.unwrap(), None);
    begin(&bob, "thr_3", &ho).await.unwrap();
    stage.clock.advance(TimeDelta::hours(24));
    assert_eq!(stage.one.turn_of_key(&ann, &hi).await.unwrap(), None);
    begin(&ann, "thr_4", &ho).await.unwrap();
}

async fn a_turn_is_its_users_alone(test: TestDatabase) {
    let (stage, ann, eve) = (Stage::new(test), caller("ann"), caller("eve"));
    let Begun { turn, thread } = stage.begun(&ann, "thr_1").await;
    let not_found = |error: StoreError| assert!(matches!(error, StoreError::NotFound), "{error}");
    not_found(stage.one.load_turn(&eve, &turn.turn_id).await.unwrap_err());
    assert_eq!(stage.one.running_turn(&eve, "thr_1").await.unwrap(), None);
    let said = answer("thr_1", "a1", "mine");
    not_found(stage.one.keep(&eve, &turn, &[Change::Add(&said)]).await.unwrap_err());
    not_found(stage.one.end_turn(&eve, &turn, &[], &DONE).await.unwrap_err());
    not_found(stage.one.begin_turn(&eve, TurnStart::of(&thread)).await.unwrap_err());
    assert_eq!(stage.items(&ann, "thr_1").await, ["q1"]);
}

async fn a_deleted_thread_has_no_turn_to_write_in(test: TestDatabase) {
    let (stage, ann) = (Stage::new(test), caller("ann"));
    let Begun { turn, .. } = stage.begun(&ann, "thr_1").await;
    stage.two.delete_thread(&ann, "thr_1").await.unwrap();
    let said = answer("thr_1", "a1", "to nobody");
    let gone = stage.one.keep(&ann, &turn, &[Change::Add(&said)]).await.unwrap_err();
    assert!(matches!(gone, StoreError::NotFound), "{gone}");
    assert_eq!(stage.one.renew_turns(std::slice::from_ref(&turn)).await.unwrap(), [turn.turn_id]);
}

async fn a_turn_is_read_with_its_own_items(test: TestDatabase) {
    let (stage, ann) = (Stage::new(test), caller("ann"));
    let Begun { turn, thread } = stage.begun(&ann, "thr_1").await;
    let said = answer("thr_1", "a1", "Hello");
    stage.one.end_turn(&ann, &turn, &[Change::Add(&said)], &DONE).await.unwrap();
    let item = question("thr_1", "q2");
    let next = TurnStart { item: Some(&item), ..TurnStart::of(&thread) };
    stage.one.begin_turn(&ann, next).await.unwrap();
    let kept = stage.two.load_turn(&ann, &turn.turn_id).await.unwrap();
    assert_eq!((kept.state, kept.is_new, kept.thread.id), (TurnState::Done, true, "thr_1".into()));
    assert_eq!(kept.items, [question("thr_1", "q1"), said]);
}

#[tokio::test]
async fn a_server_sees_its_own_turns_and_the_dead_ones_and_changes_its_own() {
    let (stage, ann) = (Stage::new(postgres().await), caller("ann"));
    stage.begun(&ann, "thr_1").await;
    let database = stage.test.database();
    let seen = async |name: &str| {
        let mut tx = database.write_as_server(name).await.unwrap();
        run(&mut tx, "SELECT * FROM turns").await.unwrap()
    };
    assert_eq!(seen("srv_another").await, 0);
    assert_eq!(seen("").await, 0);
    stage.let_die(&ann).await;
    assert_eq!((seen("srv_another").await, seen("").await), (1, 0));
    for statement in [
        "UPDATE turns SET state = 'done'",
        "UPDATE turns SET owner = 'srv_another'",
        "DELETE FROM turns",
    ] {
        let mut tx = database.write_as_server("srv_another").await.unwrap();
        assert_eq!(run(&mut tx, statement).await.unwrap_or(0), 0, "{statement}");
    }
    let mut nobody = database.write().await.unwrap();
    for table in ["SELECT * FROM turns", "SELECT * FROM turn_keys"] {
        assert_eq!(run(&mut nobody, table).await.unwrap(), 0, "{table}");
    }
    let mut bob = database.write_as("usr_bob").await.unwrap();
    assert_eq!(run(&mut bob, "SELECT * FROM turns").await.unwrap(), 0);
}

/// Somebody who has one thread for a while holds up nobody else's answer, and loses none.
#[tokio::test]
async fn a_thread_that_is_locked_holds_up_no_other_checkpoint() {
    let (stage, ann, bob) = (Stage::new(postgres().await), caller("ann"), caller("bob"));
    let of_ann = stage.begun(&ann, "thr_a").await.turn;
    let of_bob = stage.begun(&bob, "thr_b").await.turn;
    let mut holder = stage.test.database().write_as("usr_ann").await.unwrap();
    assert_eq!(run(&mut holder, "UPDATE threads SET title = 'Mine'").await.unwrap(), 1);

    let (of_a, of_b) = (answer("thr_a", "a1", "I"), answer("thr_b", "a1", "I"));
    let (of_a, of_b) = ([Change::Checkpoint(&of_a)], [Change::Checkpoint(&of_b)]);
    let mut held = pin!(stage.one.keep(&ann, &of_ann, &of_a));
    let free = stage.one.keep(&bob, &of_bob, &of_b);
    match select(held.as_mut(), pin!(free)).await {
        Either::Left((kept, _)) => panic!("kept under somebody's lock: {kept:?}"),
        Either::Right((kept, _)) => kept.unwrap(),
    }
    holder.commit().await.unwrap();
    held.await.unwrap();
    assert_eq!(stage.items(&ann, "thr_a").await, ["q1", "a1"]);
}

/// Only what is new takes a place, so that a long answer does not write its thread's row each second.
#[tokio::test]
async fn an_item_that_has_a_place_takes_no_other() {
    let (stage, ann) = (Stage::new(postgres().await), caller("ann"));
    let Begun { turn, .. } = stage.begun(&ann, "thr_1").await;
    for text in ["I", "I have", "I have added"] {
        let text = answer("thr_1", "a1", text);
        stage.one.keep(&ann, &turn, &[Change::Checkpoint(&text)]).await.unwrap();
    }
    let text = answer("thr_1", "a1", "I have added it.");
    stage.one.keep(&ann, &turn, &[Change::Add(&text)]).await.unwrap();
    let mut tx = stage.test.database().write_as("usr_ann").await.unwrap();
    let next = "UPDATE threads SET title = 'x' WHERE next_sequence = 3";
    assert_eq!(run(&mut tx, next).await.unwrap(), 1);
}

/// A plan is kept for as long as its connection: one that reads a whole table because it is small would do so ever after.
#[tokio::test]
async fn a_small_table_is_read_by_its_keys_too() {
    let (stage, ann) = (Stage::new(postgres().await), caller("ann"));
    stage.begun(&ann, "thr_1").await;
    let mut tx = stage.test.database().write_as("usr_ann").await.unwrap();
    for statement in [
        "ANALYZE threads, turns",
        "SELECT keep_turn('usr_ann', 'srv', 'trn_x', 'thr_1', 1, now(), '{}', '{}', '{}', '{}', false, \
         NULL, NULL, NULL, NULL, NULL, NULL, now())",
        "SELECT keep_checkpoints('srv', '{usr_ann}', '{trn_x}', '{thr_1}', '{1}', '{1}', '{a1}', '{f}', '{x}')",
    ] {
        run(&mut tx, statement).await.unwrap();
    }
    let read_whole = "SELECT relname FROM pg_stat_xact_user_tables WHERE seq_scan > 0";
    assert_eq!(run(&mut tx, read_whole).await.unwrap(), 0);
}
