//! Operations that are answered with one JSON value.

use bytes::Bytes;

use super::{Limits, Server, action, attachments, feedback, json, transcribe};
use crate::protocol::{
    ItemsListParams, Order, Page, PlainOperation as Operation, Thread, ThreadDeleteParams,
    ThreadGetByIdParams, ThreadItem, ThreadListParams, ThreadUpdateParams,
};
use crate::{Error, Hidden, PageRequest, Responder, Store};

/// How many a page holds when the client does not say.
const DEFAULT_LIMIT: u32 = 20;

/// Does what is asked.
pub(super) async fn process<S: Store, R: Responder<S::Context>>(
    server: &Server<S, R>,
    operation: Operation,
    context: S::Context,
) -> Result<Bytes, Error> {
    let (store, limits) = (server.store(), &server.options().limits);
    match operation {
        Operation::ThreadsGetById(params) => get_by_id(store, limits, &context, params).await,
        Operation::ThreadsList(params) => list(store, limits, &context, params).await,
        Operation::ItemsList(params) => items(store, limits, &context, params).await,
        // The others are rare and large: boxed, a page does not carry them about.
        Operation::ThreadsUpdate(params) => Box::pin(update(store, limits, &context, params)).await,
        Operation::ThreadsDelete(params) => Box::pin(delete(store, &context, params)).await,
        Operation::ItemsFeedback(params) => {
            Box::pin(feedback::process(server, params, context)).await
        }
        Operation::ThreadsSyncCustomAction(params) => {
            Box::pin(action::process_sync(server, params, context)).await
        }
        Operation::AttachmentsCreate(params) => {
            Box::pin(attachments::create(server, params, &context)).await
        }
        Operation::AttachmentsDelete(params) => {
            Box::pin(attachments::delete(server, params, &context)).await
        }
        Operation::InputTranscribe(params) => {
            Box::pin(transcribe::process(server, params, &context)).await
        }
    }
}

async fn get_by_id<S: Store>(
    store: &S,
    limits: &Limits,
    context: &S::Context,
    params: ThreadGetByIdParams,
) -> Result<Bytes, Error> {
    let page = PageRequest { limit: limits.first_page, after: None, order: Order::Asc };
    let (thread, items) =
        store.load_thread_with_items(context, &params.thread_id, &page, Hidden::Exclude).await?;
    Ok(json(&Thread { thread, items: visible(items) }))
}

async fn list<S: Store>(
    store: &S,
    limits: &Limits,
    context: &S::Context,
    params: ThreadListParams,
) -> Result<Bytes, Error> {
    let page = page(params.limit, params.after, params.order, limits);
    let threads = store.list_threads(context, &page).await?;
    Ok(json(&threads.map(Thread::from)))
}

async fn update<S: Store>(
    store: &S,
    limits: &Limits,
    context: &S::Context,
    params: ThreadUpdateParams,
) -> Result<Bytes, Error> {
    if params.title.chars().count() > limits.max_title_chars {
        let message = format!("the title is longer than {} characters", limits.max_title_chars);
        return Err(Error::unprocessable("title_too_long", message));
    }
    let mut thread = store.load_thread(context, &params.thread_id).await?;
    thread.title = Some(params.title);
    store.save_thread(context, &thread).await?;
    Ok(json(&Thread::from(thread)))
}

async fn delete<S: Store>(
    store: &S,
    context: &S::Context,
    params: ThreadDeleteParams,
) -> Result<Bytes, Error> {
    store.delete_thread(context, &params.thread_id).await?;
    Ok(Bytes::from_static(b"{}"))
}

async fn items<S: Store>(
    store: &S,
    limits: &Limits,
    context: &S::Context,
    params: ItemsListParams,
) -> Result<Bytes, Error> {
    let page = page(params.limit, params.after, params.order, limits);
    Ok(json(&store.load_items_json(context, &params.thread_id, &page).await?))
}

/// A page without hidden items, should a store have left some on it.
fn visible(mut page: Page<ThreadItem>) -> Page<ThreadItem> {
    page.data.retain(|item| !item.is_hidden());
    page
}

/// The page a client means: nothing and 0 mean the default, the rest is brought into bounds.
fn page(limit: Option<i64>, after: Option<String>, order: Order, limits: &Limits) -> PageRequest {
    let limit = match limit {
        None | Some(0) => DEFAULT_LIMIT,
        Some(limit) => u32::try_from(limit.max(1)).unwrap_or(u32::MAX),
    };
    PageRequest { limit: limit.min(limits.max_page), after, order }
}
