//! The Python process that has the SDK: one for all tests, a question at a time.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Mutex, OnceLock, PoisonError};

use serde_json::{Value, json};

/// Names the interpreter that has the SDK.
const PYTHON: &str = "TODOCHAT_TEST_CHATKIT_PYTHON";

struct Oracle {
    _process: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
}

/// Asks; a question that the oracle cannot answer is a mistake in a test.
pub(crate) fn ask(question: &Value) -> Value {
    static ORACLE: OnceLock<Mutex<Oracle>> = OnceLock::new();
    let oracle = ORACLE.get_or_init(|| Mutex::new(Oracle::start()));
    let reply = oracle.lock().unwrap_or_else(PoisonError::into_inner).ask(question);
    match reply.get("ok") {
        Some(answer) => answer.clone(),
        None => panic!("{}\n{}", question["ask"], reply["failed"].as_str().unwrap_or_default()),
    }
}

/// What is wrong with values that were sent: each is given with the name of its model.
pub(crate) fn problems<'a>(values: impl IntoIterator<Item = &'a (String, String)>) -> Vec<String> {
    let values: Vec<_> = values.into_iter().collect();
    let found = ask(&json!({"ask": "check", "values": values}));
    let found = found.as_array().unwrap().iter().zip(&values);
    found
        .filter_map(|(problem, (model, text))| {
            Some(format!("{model} {text}: {}", problem.as_str()?))
        })
        .collect()
}

impl Oracle {
    fn start() -> Self {
        let here: PathBuf =
            [env!("CARGO_MANIFEST_DIR"), "../../tests/conformance/chatkit"].iter().collect();
        let mut process = Command::new(python())
            .arg(here.join("oracle/main.py"))
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the SDK's environment is there: tests/conformance/chatkit/install makes it");
        let questions = process.stdin.take().unwrap();
        let answers = BufReader::new(process.stdout.take().unwrap());
        Self { _process: process, questions, answers }
    }

    fn ask(&mut self, question: &Value) -> Value {
        let mut line = question.to_string();
        line.push('\n');
        self.questions.write_all(line.as_bytes()).unwrap();
        line.clear();
        self.answers.read_line(&mut line).unwrap();
        serde_json::from_str(&line).expect("the oracle lives and answers with JSON")
    }
}

/// The interpreter that `tests/run` found, or the one that `install` made on this machine.
#[expect(clippy::disallowed_methods, reason = "a test has no flags")]
fn python() -> PathBuf {
    let named = |name| std::env::var(name).ok().map(PathBuf::from);
    named(PYTHON).unwrap_or_else(|| {
        let cache = named("TODOCHAT_CACHE")
            .or_else(|| Some(named("XDG_CACHE_HOME")?.join("todochat")))
            .or_else(|| Some(named("HOME")?.join(".cache/todochat")));
        cache.unwrap_or_default().join("chatkit-oracle/bin/python")
    })
}
