//! What is read of what is written.

mod beside;
mod function;
mod items;
mod message;
mod pace;
mod widget;
mod workflow;

use std::sync::Arc;

use chrono::DateTime;
use futures_util::FutureExt as _;
use serde_json::Value;

use super::*;
use crate::protocol::{Object, ThreadStatus};
use crate::testing::MemoryStore;

type Events = BoxStream<'static, Result<ThreadStreamEvent, RespondError>>;

/// What is written to nobody's conversation; the store in memory counts its ids and times.
fn answer<W>(work: impl FnOnce(Reply) -> W) -> Events
where
    W: Future<Output = Result<(), RespondError>> + Send + 'static,
{
    let thread = ThreadMetadata {
        id: "thr_0".to_owned(),
        title: None,
        created_at: DateTime::UNIX_EPOCH,
        status: ThreadStatus::Active,
        allowed_image_domains: None,
        metadata: Object::new(),
    };
    let (reply, queue) = Reply::new(thread, Stamps::of(Arc::new(MemoryStore::default())));
    queue.stream(work(reply)).boxed()
}

/// All that is written, as JSON.
async fn written<W>(work: impl FnOnce(Reply) -> W) -> Vec<Value>
where
    W: Future<Output = ()> + Send + 'static,
{
    let work = |reply| work(reply).map(Ok);
    let events: Vec<_> = answer(work).collect().await;
    events.into_iter().map(|event| serde_json::to_value(event.unwrap()).unwrap()).collect()
}

/// The types of events, with that of their item or update.
fn kinds(events: &[Value]) -> Vec<String> {
    let kind = |event: &Value| {
        let inner = [&event["update"]["type"], &event["item"]["type"]];
        let inner = inner.into_iter().find_map(Value::as_str).unwrap_or_default();
        let outer = event["type"].as_str().unwrap_or_default();
        format!("{} {inner}", outer.trim_start_matches("thread.item.")).trim_end().to_owned()
    };
    events.iter().map(kind).collect()
}
