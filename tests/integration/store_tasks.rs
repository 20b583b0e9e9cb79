//! The to-do store, case by case, on both databases.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use futures_util::future::{join_all, try_join_all};
use todochat_database::{Notice, Topic, testing::TestDatabase};
use todochat_tasks::{
    self as tasks, ChangeKind, Description, Edit, Filter, Invalid, PageRequest, Prefer, Status,
    Summary, Task, TaskError,
};
use todochat_tests::{on_each_database, people::Person};

on_each_database!(
    a_new_task_is_stored_whole,
    texts_of_every_script_come_back_as_they_were,
    numbers_have_no_gap_when_many_add_at_once,
    a_number_is_never_given_twice,
    an_edit_changes_what_it_names,
    completing_is_not_a_toggle,
    doing_it_again_leaves_no_trace,
    a_version_that_is_not_the_last_conflicts,
    one_of_many_writers_at_the_same_version_wins,
    a_deleted_task_is_gone_until_it_is_restored,
    strange_ids_are_simply_not_found,
    undo_goes_back_one_change_at_a_time,
    undo_of_adding_takes_the_task_away,
    undos_at_once_take_back_as_many_changes,
    a_task_is_found_by_number_id_and_words,
    the_whole_title_wins_over_a_part,
    several_matches_are_all_named,
    the_preferred_state_wins,
    deleted_tasks_are_not_found_by_words,
    pages_neither_repeat_nor_skip,
    limits_are_brought_inside,
    a_foreign_cursor_is_refused,
    lists_are_filtered_by_state_and_words,
    the_summary_counts_what_is_there,
    changes_are_numbered_and_announced,
);

async fn people(test: &TestDatabase, titles: &[&str]) -> (Person, Vec<Task>) {
    let ann = Person::new(test.database(), "ann");
    let mut tasks = Vec::new();
    for title in titles {
        tasks.push(ann.add(title).await.unwrap());
    }
    (ann, tasks)
}

fn numbers(tasks: &[Task]) -> Vec<i64> {
    tasks.iter().map(|task| task.number).collect()
}

async fn a_new_task_is_stored_whole(test: TestDatabase) {
    let ann = Person::new(test.database(), "ann");
    ann.clock.advance(TimeDelta::microseconds(123_456));
    let added = ann.add_described("  Buy milk ", "Two litres.\n\nThe blue one.").await.unwrap();
    let expected = Task {
        id: "tsk_00000000000000000000000000000001".to_owned(),
        number: 1,
        title: "Buy milk".to_owned(),
        description: "Two litres.\n\nThe blue one.".to_owned(),
        completed: false,
        version: 1,
        created_at: ann.clock.now(),
        updated_at: ann.clock.now(),
    };
    assert_eq!(added, expected);
    assert_eq!(ann.get(&added.id).await.unwrap(), expected);
    assert_eq!(ann.list().await.unwrap().tasks, [expected]);
}

async fn texts_of_every_script_come_back_as_they_were(test: TestDatabase) {
    let ann = Person::new(test.database(), "ann");
    let titles =
        ["買い物", "اشتري الحليب", "Zażółć gęślą jaźń", "e\u{301}te\u{301}", "👩‍👩‍👧", "100%_\\"];
    for title in titles {
        let added = ann.add_described(title, title).await.unwrap();
        assert_eq!((added.title.as_str(), added.description.as_str()), (title, title));
        assert_eq!(ann.get(&added.id).await.unwrap(), added);
        assert_eq!(ann.find(title).await.unwrap(), added);
    }
    assert_eq!(ann.add("'); DROP TABLE tasks; --").await.unwrap().number, 7);
    let longest = "é".repeat(255);
    assert_eq!(ann.add_described(&longest, &"é".repeat(10_000)).await.unwrap().title, longest);
}

async fn numbers_have_no_gap_when_many_add_at_once(test: TestDatabase) {
    let ann = Person::new(test.database(), "ann");
    let added = try_join_all((0..20).map(|_| ann.add("One of many"))).await.unwrap();
    let given: BTreeSet<_> = added.iter().map(|task| task.number).collect();
    assert_eq!(given, (1..=20).collect());
    let changes = ann.read(async |tx| tasks::changes_after(tx, 0, 100).await).await.unwrap();
    let sequences: Vec<_> = changes.iter().map(|change| change.sequence).collect();
    assert_eq!(sequences, (1..=20).collect::<Vec<_>>());
}

async fn a_number_is_never_given_twice(test: TestDatabase) {
    let (ann, tasks) = people(&test, &["One", "Two"]).await;
    ann.delete(&tasks[1].id).await.unwrap();
    assert_eq!(ann.add("Three").await.unwrap().number, 3);
    let failed = ann
        .write(async |tx| {
            let new = ann.new_task("Same id", "")?;
            tasks::add(tx, tasks::NewTask { id: tasks[0].id.clone(), ..new }, ann.stamp()).await
        })
        .await;
    assert!(matches!(failed, Err(TaskError::Database(error)) if error.is_unique_violation()));
    assert_eq!(ann.add("Four").await.unwrap().number, 4);
}

async fn an_edit_changes_what_it_names(test: TestDatabase) {
    let ann = Person::new(test.database(), "ann");
    let task = ann.add_described("Buy milk", "Two litres").await.unwrap();
    ann.clock.advance(TimeDelta::seconds(5));
    let renamed = ann.rename(&task.id, "Buy oat milk").await.unwrap();
    let expected = Task {
        title: "Buy oat milk".to_owned(),
        version: 2,
        updated_at: ann.clock.now(),
        ..task.clone()
    };
    assert_eq!(renamed, expected);
    let cleared = Edit { description: Some(Description::default()), ..Edit::default() };
    let cleared = ann.update(&task.id, cleared, None).await.unwrap();
    assert_eq!(cleared, Task { description: String::new(), version: 3, ..expected });
    assert_eq!(ann.find("oat").await.unwrap(), cleared);
}

async fn completing_is_not_a_toggle(test: TestDatabase) {
    let (ann, tasks) = people(&test, &["Buy milk"]).await;
    let done = ann.complete(&tasks[0].id).await.unwrap();
    assert!(done.completed);
    assert_eq!(ann.complete(&tasks[0].id).await.unwrap(), done);
    let open = ann.reopen(&tasks[0].id).await.unwrap();
    assert!(!open.completed);
    assert_eq!(ann.reopen(&tasks[0].id).await.unwrap(), open);
}

async fn doing_it_again_leaves_no_trace(test: TestDatabase) {
    let mut notices = test.database().subscribe();
    let (ann, tasks) = people(&test, &["Buy milk"]).await;
    let id = &tasks[0].id;
    // What changes twice in no time is told once, so each is waited for.
    assert_eq!(notices.recv().await.unwrap().subject, *id);
    for _ in 0..2 {
        ann.complete(id).await.unwrap();
        ann.rename(id, "Buy milk").await.unwrap();
        ann.restore(id).await.unwrap();
    }
    assert_eq!(notices.recv().await.unwrap().subject, *id);
    let other = ann.add("Another").await.unwrap();
    assert_eq!(ann.get(id).await.unwrap().version, 2);
    assert_eq!(ann.read(async |tx| tasks::last_change(tx).await).await.unwrap(), 3);
    assert_eq!(notices.recv().await.unwrap().subject, other.id);
}

async fn a_version_that_is_not_the_last_conflicts(test: TestDatabase) {
    let (ann, tasks) = people(&test, &["Buy milk"]).await;
    let id = &tasks[0].id;
    let edit = |completed| Edit { completed: Some(completed), ..Edit::default() };
    let second = ann.update(id, edit(true), Some(1)).await.unwrap();
    match ann.update(id, edit(false), Some(1)).await {
        Err(TaskError::Conflict { current }) => assert_eq!(*current, second),
        other => panic!("{other:?}"),
    }
    assert_eq!(ann.get(id).await.unwrap(), second);
    let required = ann.write(async |tx| tasks::require_version(tx, id, 1).await).await;
    assert!(matches!(required, Err(TaskError::Conflict { .. })));
    ann.write(async |tx| tasks::require_version(tx, id, 2).await).await.unwrap();
}

async fn one_of_many_writers_at_the_same_version_wins(test: TestDatabase) {
    let (ann, tasks) = people(&test, &["Buy milk"]).await;
    let id = &tasks[0].id;
    // All have a connection when they set out, so that they do meet.
    try_join_all((0..8).map(|_| ann.get(id))).await.unwrap();
    let writers = (0..8).map(async |_| {
        let edit = Edit { completed: Some(true), ..Edit::default() };
        ann.update(id, edit, Some(1)).await
    });
    let outcomes = join_all(writers).await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1, "{outcomes:?}");
    assert_eq!(ann.get(id).await.unwrap().version, 2);
}

async fn a_deleted_task_is_gone_until_it_is_restored(test: TestDatabase) {
    let (ann, tasks) = people(&test, &["Buy milk"]).await;
    let id = &tasks[0].id;
    ann.delete(id).await.unwrap();
    for outcome in
        [ann.get(id).await, ann.delete(id).await, ann.complete(id).await, ann.find("1").await]
    {
        assert!(matches!(outcome, Err(TaskError::NotFound)), "{outcome:?}");
    }
    assert_eq!(ann.list().await.unwrap().tasks, []);
    let back = ann.restore(id).await.unwrap();
    assert_eq!((back.version, &back.title), (3, &tasks[0].title));
    assert_eq!(ann.list().await.unwrap().tasks, [back]);
}

async fn strange_ids_are_simply_not_found(test: TestDatabase) {
    let (ann, _) = people(&test, &["Buy milk"]).await;
    let long = "tsk_".to_owned() + &"0".repeat(10_000);
    for id in ["", "tsk_", "tsk_0", "0", "tsk_\0", "tsk_' OR 1=1 --", "../tasks", "tsk_é", &long] {
        for outcome in [ann.get(id).await, ann.complete(id).await, ann.restore(id).await] {
            assert!(matches!(outcome, Err(TaskError::NotFound)), "{id:?} {outcome:?}");
        }
    }
}

async fn undo_goes_back_one_change_at_a_time(test: TestDatabase) {
    let (ann, tasks) = people(&test, &["Buy milk"]).await;
    let id = &tasks[0].id;
    ann.rename(id, "Buy tea").await.unwrap();
    ann.complete(id).await.unwrap();
    ann.delete(id).await.unwrap();

    let mut undone = Vec::new();
    for _ in 0..3 {
        let step = ann.undo().await.unwrap();
        undone.push((step.kind, step.deleted, step.task.completed, step.task.title));
    }
    assert_eq!(
        undone,
        [
            (ChangeKind::Deleted, false, true, "Buy tea".to_owned()),
            (ChangeKind::Completed, false, false, "Buy tea".to_owned()),
            (ChangeKind::Edited, false, false, "Buy milk".to_owned()),
        ]
    );
    // Something new is what is taken back next, not what was before.
    ann.complete(id).await.unwrap();
    assert_eq!(ann.undo().await.unwrap().kind, ChangeKind::Completed);
    assert_eq!(ann.undo().await.unwrap().kind, ChangeKind::Added);
    assert!(matches!(ann.undo().await, Err(TaskError::NothingToUndo)));
}

async fn undo_of_adding_takes_the_task_away(test: TestDatabase) {
    let (ann, tasks) = people(&test, &["Buy milk"]).await;
    let undone = ann.undo().await.unwrap();
    assert_eq!(
        (undone.kind, undone.deleted, &undone.task.id),
        (ChangeKind::Added, true, &tasks[0].id)
    );
    assert!(matches!(ann.get(&tasks[0].id).await, Err(TaskError::NotFound)));
    ann.restore(&tasks[0].id).await.unwrap();
    assert_eq!(ann.undo().await.unwrap().kind, ChangeKind::Restored);
}

async fn undos_at_once_take_back_as_many_changes(test: TestDatabase) {
    let (ann, tasks) = people(&test, &["One"; 10]).await;
    try_join_all((0..8).map(|_| ann.undo())).await.unwrap();
    assert_eq!(ann.list().await.unwrap().tasks, [tasks[1].clone(), tasks[0].clone()]);
}

async fn a_task_is_found_by_number_id_and_words(test: TestDatabase) {
    let (ann, tasks) =
        people(&test, &["Meeting prep", "Buy groceries", "Call 2026 planning team"]).await;
    for (reference, number) in [
        (tasks[0].id.as_str(), 1),
        ("2", 2),
        (" #2 ", 2),
        ("task 2", 2),
        ("my grocery task", 2),
        ("GROCERIES", 2),
        ("meet", 1),
        ("prep meeting", 1),
        ("planning 2026", 3),
        // There is no task with that number, but a title with that word.
        ("2026", 3),
    ] {
        assert_eq!(ann.find(reference).await.unwrap().number, number, "{reference}");
    }
    for reference in [
        "",
        "  ",
        "9",
        "0",
        "-1",
        "milk",
        "groceries milk",
        "tsk_nope",
        "!?",
        "\0",
        "%",
        "_",
        &"x".repeat(400),
    ] {
        let outcome = ann.find(reference).await;
        assert!(matches!(outcome, Err(TaskError::NotFound)), "{reference:?} {outcome:?}");
    }
}

async fn the_whole_title_wins_over_a_part(test: TestDatabase) {
    let (ann, _) = people(&test, &["Call Sam", "Call Sam back", "My call", "The task"]).await;
    assert_eq!(ann.find("call sam").await.unwrap().number, 1);
    assert_eq!(ann.find("My call").await.unwrap().number, 3);
    assert_eq!(ann.find("the task").await.unwrap().number, 4);
}

async fn several_matches_are_all_named(test: TestDatabase) {
    let (ann, _) = people(&test, &["Call Sam", "Buy milk", "Call Kim"]).await;
    match ann.find("call").await {
        Err(TaskError::Ambiguous(candidates)) => assert_eq!(numbers(&candidates), [3, 1]),
        other => panic!("{other:?}"),
    }
}

async fn the_preferred_state_wins(test: TestDatabase) {
    let (ann, tasks) = people(&test, &["Water plants", "Water plants"]).await;
    ann.complete(&tasks[0].id).await.unwrap();
    let found = async |prefer| ann.find_preferring("water", prefer).await;
    assert!(matches!(found(Prefer::Either).await, Err(TaskError::Ambiguous(_))));
    assert_eq!(found(Prefer::Open).await.unwrap().number, 2);
    assert_eq!(found(Prefer::Completed).await.unwrap().number, 1);
    ann.complete(&tasks[1].id).await.unwrap();
    assert!(matches!(found(Prefer::Open).await, Err(TaskError::Ambiguous(_))));
}

async fn deleted_tasks_are_not_found_by_words(test: TestDatabase) {
    let (ann, tasks) = people(&test, &["Buy milk", "Buy milk"]).await;
    ann.delete(&tasks[0].id).await.unwrap();
    assert_eq!(ann.find("milk").await.unwrap().number, 2);
}

async fn pages_neither_repeat_nor_skip(test: TestDatabase) {
    let (ann, tasks) = people(&test, &["One"; 7]).await;
    let mut page = PageRequest { limit: Some(3), cursor: None };
    let mut seen = Vec::new();
    loop {
        let answer = ann.list_page(&Filter::default(), &page).await.unwrap();
        seen.extend(numbers(&answer.tasks));
        // What is added or deleted meanwhile moves no border.
        ann.add("Later").await.unwrap();
        ann.delete(&tasks[6].id).await.ok();
        page.cursor = answer.next_cursor;
        if page.cursor.is_none() {
            break;
        }
    }
    assert_eq!(seen, [7, 6, 5, 4, 3, 2, 1]);
}

async fn limits_are_brought_inside(test: TestDatabase) {
    let ann = Person::new(test.database(), "ann");
    let many = ann.write(async |tx| {
        for _ in 0..205 {
            tasks::add(tx, ann.new_task("One", "")?, ann.stamp()).await?;
        }
        Ok(())
    });
    many.await.unwrap();
    for (limit, shown) in
        [(None, 50), (Some(0), 1), (Some(1), 1), (Some(200), 200), (Some(u32::MAX), 200)]
    {
        let page = PageRequest { limit, cursor: None };
        let page = ann.list_page(&Filter::default(), &page).await.unwrap();
        assert_eq!(page.tasks.len(), shown, "{limit:?}");
        assert!(page.next_cursor.is_some());
    }
}

async fn a_foreign_cursor_is_refused(test: TestDatabase) {
    let (ann, _) = people(&test, &["One", "Two"]).await;
    let bob = Person::new(test.database(), "bob");
    let first = PageRequest { limit: Some(1), cursor: None };
    let cursor = ann.list_page(&Filter::default(), &first).await.unwrap().next_cursor.unwrap();
    let open = Filter { status: Status::Open, ..Filter::default() };
    let garbage = ["", ".", "2", "x.y", "-1.0", "\0", "ffffffffffffffffff.0", "2.0000000000000000"];
    let mut refused = vec![
        bob.list_page(
            &Filter::default(),
            &PageRequest { limit: None, cursor: Some(cursor.clone()) },
        )
        .await,
        ann.list_page(&open, &PageRequest { limit: None, cursor: Some(cursor) }).await,
    ];
    for cursor in garbage {
        let page = PageRequest { limit: None, cursor: Some(cursor.to_owned()) };
        refused.push(ann.list_page(&Filter::default(), &page).await);
    }
    for outcome in refused {
        assert!(matches!(outcome, Err(TaskError::Invalid(Invalid::Cursor))), "{outcome:?}");
    }
}

async fn lists_are_filtered_by_state_and_words(test: TestDatabase) {
    let (ann, tasks) = people(&test, &["Buy milk", "Buy bread", "Call Kim"]).await;
    ann.add_described("Plan party", "Ask Kim about the MILK").await.unwrap();
    ann.complete(&tasks[0].id).await.unwrap();
    for (status, query, expected) in [
        (Status::All, None, vec![4, 3, 2, 1]),
        (Status::Open, None, vec![4, 3, 2]),
        (Status::Completed, None, vec![1]),
        (Status::All, Some("milk"), vec![4, 1]),
        (Status::Open, Some("milk"), vec![4]),
        (Status::All, Some("kim MILK"), vec![4]),
        (Status::All, Some("bu"), vec![2, 1]),
        (Status::All, Some("  "), vec![4, 3, 2, 1]),
        (Status::All, Some("cheese"), vec![]),
        (Status::All, Some("%"), vec![]),
        (Status::All, Some("\0"), vec![]),
    ] {
        let filter = Filter { status, query: query.map(str::to_owned) };
        let page = ann.list_page(&filter, &PageRequest::default()).await.unwrap();
        assert_eq!(numbers(&page.tasks), expected, "{status:?} {query:?}");
    }
    let endless = Filter { query: Some("x".repeat(100_000)), ..Filter::default() };
    assert_eq!(ann.list_page(&endless, &PageRequest::default()).await.unwrap().tasks, []);
}

async fn the_summary_counts_what_is_there(test: TestDatabase) {
    let (ann, tasks) = people(&test, &["One", "Two", "Three", "Four"]).await;
    ann.complete(&tasks[0].id).await.unwrap();
    ann.delete(&tasks[1].id).await.unwrap();
    let summary = ann.read(async |tx| tasks::summary(tx).await).await.unwrap();
    assert_eq!(summary, Summary { total: 3, open: 2, completed: 1 });
}

async fn changes_are_numbered_and_announced(test: TestDatabase) {
    let ann = Person::new(test.database(), "ann");
    let mut notices = test.database().subscribe();
    let task = ann.add("Buy milk").await.unwrap();
    let (topic, user, subject) = (Topic::TasksChanged, ann.user.clone(), task.id.clone());
    let told = Notice { topic, user, subject };
    // What changes again in no time is told once, so each is waited for.
    assert_eq!(notices.recv().await.unwrap(), told);
    ann.complete(&task.id).await.unwrap();
    assert_eq!(notices.recv().await.unwrap(), told);
    ann.undo().await.unwrap();
    assert_eq!(notices.recv().await.unwrap(), told);
    let changes =
        async |after| ann.read(async |tx| tasks::changes_after(tx, after, 2).await).await.unwrap();
    let kinds: Vec<_> =
        changes(0).await.iter().map(|change| (change.sequence, change.kind)).collect();
    assert_eq!(kinds, [(1, ChangeKind::Added), (2, ChangeKind::Completed)]);
    let rest = changes(2).await;
    assert_eq!((rest.len(), rest[0].kind, rest[0].sequence), (1, ChangeKind::Undone, 3));
    assert_eq!(rest[0].task_id, task.id);
}
