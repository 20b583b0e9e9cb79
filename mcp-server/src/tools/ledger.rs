//! Calls that come again: a client that lost the answer sends its call once more under the same
//! key, and gets the first answer instead of a second task.

use chrono::{DateTime, Utc};
use todochat_database::Transaction;
use todochat_tasks as tasks;

use super::{
    answer::{Answer, Refusal},
    call::Call,
};

/// The answer this call was given before. A call without a key is always new.
pub(crate) async fn recall(tx: &mut Transaction, call: &Call) -> Result<Option<Answer>, Refusal> {
    let Some(key) = &call.key else { return Ok(None) };
    let fingerprint = fingerprint(call);
    let first = tasks::recall(tx, &tasks::Call { key, fingerprint: &fingerprint }).await?;
    first.map(|answer| read(&answer)).transpose()
}

/// Keeps the answer for when the call comes again.
pub(crate) async fn remember(
    tx: &mut Transaction,
    call: &Call,
    answer: &Answer,
    now: DateTime<Utc>,
) -> Result<(), Refusal> {
    let Some(key) = &call.key else { return Ok(()) };
    let fingerprint = fingerprint(call);
    let answer = serde_json::to_string(answer).expect("answers are plain structs");
    let call = tasks::Call { key, fingerprint: &fingerprint };
    Ok(tasks::remember(tx, &call, &answer, now).await?)
}

fn fingerprint(call: &Call) -> String {
    format!("{} {}", call.made.tool, call.made.arguments_sha256)
}

fn read(answer: &str) -> Result<Answer, Refusal> {
    serde_json::from_str(answer).map_err(|error| {
        tracing::error!(%error, "A row of tool_calls holds an answer that cannot be read");
        Refusal::Failed
    })
}
