//! A responder made of functions.

use std::fmt;
use std::future::Future;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;

use super::{Reply, reply_to, reply_to_action};
use crate::protocol::{StreamOptions, ThreadItem, ThreadMetadata, ThreadStreamEvent};
use crate::{ActionTurn, Error, Feedback, RespondError, Responder, SyncAction, Turn};

type Answered = BoxFuture<'static, Result<(), RespondError>>;
type Answer<T> = Box<dyn Fn(T, Reply) -> Answered + Send + Sync>;
type Hook<T, A> = Box<dyn Fn(T) -> BoxFuture<'static, Result<A, Error>> + Send + Sync>;
type Events = BoxStream<'static, Result<ThreadStreamEvent, RespondError>>;

/// A responder made of functions; [`responder`] makes it.
pub struct FnResponder<C> {
    respond: Answer<Turn<C>>,
    act: Option<Answer<ActionTurn<C>>>,
    act_sync: Option<Hook<SyncAction<C>, Option<ThreadItem>>>,
    feedback: Option<Hook<Feedback<C>, ()>>,
    stream_options: StreamOptions,
}

/// A responder that answers a turn with an async function, which writes to the [`Reply`] that it is
/// given.
///
/// ```
/// # use chatkit_server::{Options, Server, responder, testing::MemoryStore};
/// let echo = responder(async |turn, reply| {
///     let mut answer = reply.message();
///     for word in turn.text().split_inclusive(' ') {
///         answer.text(word).await;
///     }
///     answer.done().await;
///     Ok(())
/// });
/// let server = Server::new(MemoryStore::default(), echo, Options::default());
/// ```
pub fn responder<C, F, W>(respond: F) -> FnResponder<C>
where
    F: Fn(Turn<C>, Reply) -> W + Send + Sync + 'static,
    W: Future<Output = Result<(), RespondError>> + Send + 'static,
{
    FnResponder {
        respond: Box::new(move |turn, reply| respond(turn, reply).boxed()),
        act: None,
        act_sync: None,
        feedback: None,
        stream_options: StreamOptions::default(),
    }
}

impl<C> FnResponder<C> {
    /// Answers what is done to widgets.
    #[must_use]
    pub fn on_action<F, W>(self, act: F) -> Self
    where
        F: Fn(ActionTurn<C>, Reply) -> W + Send + Sync + 'static,
        W: Future<Output = Result<(), RespondError>> + Send + 'static,
    {
        Self { act: Some(Box::new(move |action, reply| act(action, reply).boxed())), ..self }
    }

    /// Answers what is done to widgets and wants one item at once. The server does not keep it.
    #[must_use]
    pub fn on_sync_action<F, W>(self, act: F) -> Self
    where
        F: Fn(SyncAction<C>) -> W + Send + Sync + 'static,
        W: Future<Output = Result<Option<ThreadItem>, Error>> + Send + 'static,
    {
        Self { act_sync: Some(Box::new(move |action| act(action).boxed())), ..self }
    }

    /// Takes note of thumbs up and down.
    #[must_use]
    pub fn on_feedback<F, W>(self, feedback: F) -> Self
    where
        F: Fn(Feedback<C>) -> W + Send + Sync + 'static,
        W: Future<Output = Result<(), Error>> + Send + 'static,
    {
        Self { feedback: Some(Box::new(move |thumb| feedback(thumb).boxed())), ..self }
    }

    /// Says whether the client shows a stop button; it does if nothing is said.
    #[must_use]
    pub fn allow_cancel(self, allow_cancel: bool) -> Self {
        Self { stream_options: StreamOptions { allow_cancel }, ..self }
    }
}

/// What is not there behaves as the trait has it.
struct Without;

impl<C> Responder<C> for Without {
    fn respond(&self, _: Turn<C>) -> Events {
        Box::pin(futures_util::stream::empty())
    }
}

impl<C: Send + 'static> Responder<C> for FnResponder<C> {
    fn respond(&self, turn: Turn<C>) -> Events {
        reply_to(turn, &self.respond)
    }

    fn act(&self, action: ActionTurn<C>) -> Events {
        match &self.act {
            Some(act) => reply_to_action(action, act),
            None => Without.act(action),
        }
    }

    fn act_sync(&self, action: SyncAction<C>) -> BoxFuture<'_, Result<Option<ThreadItem>, Error>> {
        match &self.act_sync {
            Some(act) => act(action),
            None => Box::pin(async move { Without.act_sync(action).await }),
        }
    }

    fn feedback(&self, feedback: Feedback<C>) -> BoxFuture<'_, Result<(), Error>> {
        match &self.feedback {
            Some(take) => take(feedback),
            None => Box::pin(async move { Without.feedback(feedback).await }),
        }
    }

    fn stream_options(&self, _: &ThreadMetadata, _: &C) -> StreamOptions {
        self.stream_options
    }
}

impl<C> fmt::Debug for FnResponder<C> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("FnResponder").finish_non_exhaustive()
    }
}
