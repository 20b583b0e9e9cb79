//! One row a sentence: what is said, and what is understood.

use rand::{RngExt, SeedableRng, rngs::StdRng};

use super::*;

/// A part in a few words: `add Milk`, `done 3`, `?what was not understood`.
fn short(part: &Part) -> String {
    match part {
        Part::Do(Command::Add { title, description: None }) => format!("add {title}"),
        Part::Do(Command::Add { title, description: Some(text) }) => {
            format!("add {title} | {text}")
        }
        Part::Do(Command::List { which, query }) => {
            let query = query.as_ref().map(|query| format!(" ~{query}")).unwrap_or_default();
            format!("list {which:?}{query}")
        }
        Part::Do(Command::Complete { task }) => format!("done {task}"),
        Part::Do(Command::Delete { task }) => format!("delete {task}"),
        Part::Do(Command::Rename { task, title }) => format!("rename {task} > {title}"),
        Part::Do(Command::Describe { task, description }) => {
            format!("describe {task} > {description}")
        }
        Part::Do(Command::Help) => "help".to_owned(),
        Part::Missing(missing) => format!("missing {missing:?}"),
        Part::NotOffered(what) => format!("not offered {what:?}"),
        Part::Thanks => "thanks".to_owned(),
        Part::Unknown(words) => format!("?{words}"),
    }
}

fn understood(sentence: &str) -> Vec<String> {
    parse(sentence).iter().map(short).collect()
}

fn check(rows: &[(&str, &[&str])]) {
    let wrong: Vec<String> = rows
        .iter()
        .filter(|(sentence, expected)| understood(sentence) != *expected)
        .map(|(sentence, expected)| {
            format!("{sentence:?}\n  expected {expected:?}\n  but was  {:?}", understood(sentence))
        })
        .collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn adding() {
    check(&[
        ("add buy milk", &["add Buy milk"]),
        ("ADD BUY MILK", &["add BUY MILK"]),
        ("Please add buy milk.", &["add Buy milk"]),
        ("Could you please add buy milk, thanks!", &["add Buy milk"]),
        ("add milk", &["add Milk"]),
        ("add a dentist appointment", &["add Dentist appointment"]),
        ("add the milk run", &["add The milk run"]),
        ("Add a meeting prep task", &["add Meeting prep"]),
        ("add meeting prep task to my list", &["add Meeting prep"]),
        ("add meeting prep to my to-do list", &["add Meeting prep"]),
        ("add milk to the list please", &["add Milk"]),
        ("put bread on my list", &["add Bread"]),
        ("Add a task called 'Meeting prep'", &["add Meeting prep"]),
        ("Add a task called “meeting prep”", &["add meeting prep"]),
        ("add a task named \"Pay rent, now\"", &["add Pay rent, now"]),
        ("add a new task: buy milk", &["add Buy milk"]),
        ("add task buy milk", &["add Buy milk"]),
        ("add a task to buy milk", &["add Buy milk"]),
        ("create a task for groceries", &["add Groceries"]),
        ("create buy milk", &["add Buy milk"]),
        ("new task buy milk", &["add Buy milk"]),
        ("new: water the plants", &["add Water the plants"]),
        ("todo: water the plants", &["add Water the plants"]),
        ("make a task to water the plants", &["add Water the plants"]),
        ("create me a task called X", &["add X"]),
        ("add to my list: call mum", &["add Call mum"]),
        ("remember to call mum", &["add Call mum"]),
        ("Remind me to call mum!", &["add Call mum"]),
        ("don't let me forget to call mum", &["add Call mum"]),
        ("I’d like to add call mum", &["add Call mum"]),
        ("I need to add a task to call mum", &["add Call mum"]),
        ("add iPhone repair", &["add iPhone repair"]),
        ("add read 'War and Peace' tonight", &["add Read 'War and Peace' tonight"]),
        ("add read \"War and Peace\"", &["add Read \"War and Peace\""]),
        ("add \"milk", &["add Milk"]),
        ("add call Dr. Smith at 5 p.m. today", &["add Call Dr. Smith at 5 p.m. today"]),
        ("add milk (2 l)", &["add Milk (2 l)"]),
        ("add 🥛", &["add 🥛"]),
        ("add Milch kaufen für Oma", &["add Milch kaufen für Oma"]),
        ("add 牛乳を買う", &["add 牛乳を買う"]),
        ("add 'milk', 'eggs' and 'bread'", &["add milk", "add eggs", "add bread"]),
        ("add tasks: milk, eggs and bread", &["add Milk", "add Eggs", "add Bread"]),
        ("add milk with the note 2 litres", &["add Milk | 2 litres"]),
        ("add milk with description 'low fat'", &["add Milk | low fat"]),
        ("add", &["missing Title"]),
        ("add a task", &["missing Title"]),
        ("add ''", &["missing Title"]),
    ]);
}

#[test]
fn titles_with_and() {
    check(&[
        ("add buy milk and eggs", &["add Buy milk and eggs"]),
        ("add buy milk, eggs and bread", &["add Buy milk, eggs and bread"]),
        ("add buy bread and get some butter", &["add Buy bread and get some butter"]),
        ("add plan show and tell", &["add Plan show and tell"]),
        ("add start and end the meeting", &["add Start and end the meeting"]),
        ("add 'wash and delete'", &["add wash and delete"]),
        ("add \"clean, then add wax\"", &["add clean, then add wax"]),
        ("add open and close the shop", &["add Open and close the shop"]),
        ("delete milk and eggs", &["delete milk and eggs"]),
    ]);
}

#[test]
fn listing() {
    check(&[
        ("show me my tasks", &["list All"]),
        ("Show me all my tasks, please.", &["list All"]),
        ("list", &["list All"]),
        ("list my todos", &["list All"]),
        ("tasks", &["list All"]),
        ("What are my tasks?", &["list All"]),
        ("what’s on my list", &["list All"]),
        ("can I see my to-do list?", &["list All"]),
        ("show everything", &["list All"]),
        ("show me what's left", &["list Open"]),
        ("what's left to do?", &["list Open"]),
        ("what is left", &["list Open"]),
        ("show open tasks", &["list Open"]),
        ("what do I have to do today?", &["list Open"]),
        ("what do I still need to finish", &["list Open"]),
        ("what's next", &["list Open"]),
        ("which tasks are not done yet", &["list Open"]),
        ("show completed tasks", &["list Completed"]),
        ("completed tasks", &["list Completed"]),
        ("what have I finished?", &["list Completed"]),
        ("show open and completed tasks", &["list All"]),
        ("how many tasks do I have left?", &["list Open"]),
        ("find milk", &["list All ~milk"]),
        ("search for 'oat milk'", &["list All ~oat milk"]),
        ("show my open tasks about the garden", &["list Open ~garden"]),
        ("do I have any tasks about taxes?", &["list All ~taxes"]),
    ]);
}

#[test]
fn completing() {
    check(&[
        ("mark my grocery task as done", &["done grocery"]),
        ("Mark grocery as complete.", &["done grocery"]),
        ("mark 'Buy milk' done", &["done Buy milk"]),
        ("mark task 3 as finished", &["done 3"]),
        ("mark as done: 3", &["done 3"]),
        ("done 3", &["done 3"]),
        ("done #3", &["done 3"]),
        ("done with the grocery task", &["done grocery"]),
        ("3 done", &["done 3"]),
        ("groceries are done", &["done groceries"]),
        ("task number 12 is done", &["done 12"]),
        ("complete buy milk", &["done buy milk"]),
        ("complete the task called “Buy milk”", &["done Buy milk"]),
        ("finish task 4", &["done 4"]),
        ("I finished the report", &["done report"]),
        ("I've just finished the report!", &["done report"]),
        ("finished the report", &["done report"]),
        ("I did 7", &["done 7"]),
        ("check off milk", &["done milk"]),
        ("check milk off my list", &["done milk"]),
        ("tick off the milk", &["done milk"]),
        ("change milk to done", &["done milk"]),
        ("done 3 and 4", &["done 3", "done 4"]),
        ("complete 1, 2 and #5", &["done 1", "done 2", "done 5"]),
        ("mark tasks 1,2 as done", &["done 1", "done 2"]),
        ("mark 'a' and 'b' as done", &["done a", "done b"]),
        ("complete", &["missing ToComplete"]),
        ("mark it as done", &["missing ToComplete"]),
        ("complete all my tasks", &["not offered Bulk"]),
    ]);
}

#[test]
fn deleting_and_renaming() {
    check(&[
        ("delete 3", &["delete 3"]),
        ("delete the milk task", &["delete milk"]),
        ("Remove “Buy milk” from my list", &["delete Buy milk"]),
        ("get rid of task 2", &["delete 2"]),
        ("delete 3 and 4", &["delete 3", "delete 4"]),
        ("delete", &["missing ToDelete"]),
        ("delete everything", &["not offered Bulk"]),
        ("remove all completed tasks", &["not offered Bulk"]),
        ("rename 3 to buy oat milk", &["rename 3 > Buy oat milk"]),
        ("Rename milk to 'oat milk'", &["rename milk > oat milk"]),
        ("rename 'go to gym' to swim", &["rename go to gym > Swim"]),
        ("rename my to do list to chores", &["rename to do list > Chores"]),
        ("change the milk task to oat milk", &["rename milk > Oat milk"]),
        ("change the title of 3 to oat milk", &["rename 3 > Oat milk"]),
        ("rename 3", &["missing NewTitle"]),
        ("change the description of 3 to 2 litres", &["describe 3 > 2 litres"]),
        ("delete the description of task 3", &["describe 3 > "]),
        ("change the due date of milk to friday", &["?change the due date of milk to friday"]),
    ]);
}

#[test]
fn several_in_one_sentence() {
    check(&[
        (
            "Add a meeting prep task, mark my grocery task as done, and show me what's left",
            &["add Meeting prep", "done grocery", "list Open"],
        ),
        ("add milk then show my list", &["add Milk", "list All"]),
        ("add milk; add eggs; list", &["add Milk", "add Eggs", "list All"]),
        ("Add milk. Then delete 3. What's left?", &["add Milk", "delete 3", "list Open"]),
        ("add milk\nadd eggs\n\nlist", &["add Milk", "add Eggs", "list All"]),
        ("1. add milk\n2) add eggs\n- list", &["add Milk", "add Eggs", "list All"]),
        ("add milk and eggs and add bread", &["add Milk and eggs", "add Bread"]),
        ("add milk, and then please complete 2, also list", &["add Milk", "done 2", "list All"]),
        ("delete 2 and then rename 3 to tea & list", &["delete 2", "rename 3 > Tea", "list All"]),
        ("list completed tasks and what's left", &["list Completed", "list Open"]),
        ("Hi, add milk. Thank you!", &["add Milk", "thanks"]),
    ]);
}

#[test]
fn talking() {
    check(&[
        ("help", &["help"]),
        ("?", &["help"]),
        ("What can you do?", &["help"]),
        ("Hello!", &["help"]),
        ("how do I delete a task?", &["help"]),
        ("thanks", &["thanks"]),
        ("please", &["help"]),
        ("undo", &["not offered Undo"]),
        ("undo that please", &["not offered Undo"]),
        ("reopen 3", &["not offered Reopen"]),
        ("mark 3 as not done", &["not offered Reopen"]),
    ]);
}

#[test]
fn what_is_not_understood_is_said_to_be() {
    check(&[
        ("", &["?"]),
        ("   \n ", &["?"]),
        ("...", &["?"]),
        ("what is the weather like", &["?what is the weather like"]),
        ("tell me a joke", &["?tell me a joke"]),
        ("get milk", &["?get milk"]),
        ("I need to buy milk", &["?I need to buy milk"]),
        ("don't delete milk", &["?don't delete milk"]),
        ("Füge Milch hinzu", &["?Füge Milch hinzu"]),
        ("牛乳を追加して", &["?牛乳を追加して"]),
        ("добавь молоко", &["?добавь молоко"]),
        ("أضف الحليب", &["?أضف الحليب"]),
        ("🥛🥛🥛", &["?🥛🥛🥛"]),
        ("'; DROP TABLE tasks; --", &["?'", "?DROP TABLE tasks", "?--"]),
        ("<script>alert(1)</script>", &["?<script>alert(1)</script>"]),
        ("add milk. The weather is nice.", &["add Milk", "?The weather is nice"]),
        ("tell me a joke, add milk and list", &["?tell me a joke", "add Milk", "list All"]),
    ]);
}

#[test]
fn a_huge_message_is_read() {
    let pieces = [
        "add ",
        "and ",
        "' ",
        "“a ",
        "change x and ",
        "and please ",
        "list, ",
        "done 3, ",
        "a. B ",
    ];
    for piece in pieces {
        assert!(!parse(&piece.repeat(32_000 / piece.len())).is_empty(), "{piece:?}");
    }
}

const PIECES: &[&str] = &[
    "add",
    "task",
    "a",
    "called",
    "and",
    "then",
    "mark",
    "done",
    "as",
    "delete",
    "rename",
    "to",
    "show",
    "me",
    "left",
    "what's",
    "3",
    "#4",
    "'",
    "\"",
    "“",
    "”",
    "`",
    ",",
    ".",
    ";",
    "\n",
    ":",
    "-",
    "milk",
    "🥛",
    "é",
    "\u{F0000}",
    "\u{202E}",
    "\0",
    "İ",
    "ß",
    "list",
    "with",
    "note",
    "of",
    "description",
    "the",
    "remember",
    "1.",
    "please",
    "\u{301}",
    "（",
];

/// Random sentences of words the grammar knows, and of anything else.
fn random_sentence(random: &mut StdRng) -> String {
    let count = random.random_range(0..20);
    let mut sentence = String::new();
    for _ in 0..count {
        match random.random_range(0..8) {
            0 => sentence.push(random.random()),
            _ => sentence.push_str(PIECES[random.random_range(0..PIECES.len())]),
        }
        if random.random_bool(0.8) {
            sentence.push(' ');
        }
    }
    sentence
}

#[test]
fn no_sentence_is_answered_with_nothing_or_a_panic() {
    let mut random = StdRng::seed_from_u64(4);
    for _ in 0..4_000 {
        let sentence = random_sentence(&mut random);
        assert!(!parse(&sentence).is_empty(), "{sentence:?}");
    }
}

#[test]
fn a_quoted_title_survives_whatever_is_in_it() {
    let mut random = StdRng::seed_from_u64(5);
    for _ in 0..2_000 {
        let title = random_sentence(&mut random).replace(['“', '”', '"', '\n', ';'], "");
        let title: String = title.chars().filter_map(text::plain).collect();
        let title = title.trim();
        if title.is_empty() {
            continue;
        }
        let add = Command::Add { title: title.to_owned(), description: None };
        let sentence = format!("add a task called “{title}”, and list");
        assert_eq!(parse(&sentence)[0], Part::Do(add), "{sentence:?}");
    }
}
