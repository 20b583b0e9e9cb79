//! The tools a model can call, and what it reads about them.
//!
//! Each is a thin method: [`Call`] proves who calls, typed arguments say what is asked, one
//! function of `todochat-tasks` does it in one transaction, [`Answer`] carries it back.
//!
//! - [`arguments`]: what a model may say
//! - [`call`]: the caller, the token's binding, single use
//! - [`ledger`]: a call that comes again is answered, not done again
//! - [`answer`]: results, and refusals in words a model can act on

mod answer;
mod arguments;
mod call;
mod ledger;

use std::{pin::Pin, sync::Arc, time::Instant};

use rmcp::{
    ErrorData, RoleServer, ServerHandler,
    handler::server::{router::tool::ToolRouter, tool::ToolCallContext, wrapper::Parameters},
    model::{
        CacheScope, CallToolRequestParams, CallToolResponse, CompleteRequestMethod,
        CompleteRequestParams, CompleteResult, ErrorCode, Implementation, ListPromptsRequestMethod,
        ListPromptsResult, ListResourceTemplatesRequestMethod, ListResourceTemplatesResult,
        ListResourcesRequestMethod, ListResourcesResult, ListToolsResult, PaginatedRequestParams,
        ServerCapabilities, ServerConfig, Tool,
    },
    service::RequestContext,
    tool, tool_router,
};
use todochat_auth::CallBinding;
use todochat_database::{Database, Transaction};
use todochat_service::{Clock, Ids};
use todochat_tasks::{self as tasks, Prefer, Stamp, Task};

use self::{
    answer::{Answer, DeletedTask, Refusal, TaskList, schema_of},
    arguments::{AddTask, CompleteTask, DeleteTask, ListTasks, UpdateTask},
    call::{Call, UsedTokens},
};
use crate::{
    caller::Caller,
    metrics::{Metrics, Outcome},
};

/// The list of tools changes only with a release, so clients may keep it for five minutes.
const LIST_FRESH_MS: u64 = 300_000;

const INSTRUCTIONS: &str = "The signed-in user's to-do list. Name a task by its number, its id or \
     words of its title. Deleted tasks can be brought back by the user.";

/// The tool server's handler; one clone serves one request.
#[derive(Clone)]
pub(crate) struct TodoTools {
    shared: Arc<Shared>,
}

struct Shared {
    tools: ToolRouter<TodoTools>,
    database: Database,
    clock: Clock,
    ids: Ids,
    metrics: Metrics,
    used_tokens: UsedTokens,
}

#[tool_router]
impl TodoTools {
    pub(crate) fn new(database: Database, clock: Clock, ids: Ids, metrics: Metrics) -> Self {
        let tools = Self::tool_router();
        for tool in tools.list_all() {
            metrics.begin_at_zero(&tool.name);
        }
        let used_tokens = UsedTokens::default();
        Self { shared: Arc::new(Shared { tools, database, clock, ids, metrics, used_tokens }) }
    }

    #[tool(
        title = "Add a task",
        description = "Add one task to the user's to-do list. Call it once for each task.",
        output_schema = schema_of::<Task>(),
        annotations(
            read_only_hint = false,
            destructive_hint = false,
            idempotent_hint = false,
            open_world_hint = false
        )
    )]
    async fn add_task(
        &self,
        call: Call,
        Parameters(asked): Parameters<AddTask>,
    ) -> Result<Answer, Refusal> {
        let new = asked.parse(self.shared.ids.next("tsk_"))?;
        self.change(&call, |tx, at| {
            Box::pin(async move { Ok(Answer::task(&tasks::add(tx, new, at).await?)) })
        })
        .await
    }

    #[tool(
        title = "List tasks",
        description = "List the user's tasks: all of them, or only open or completed ones, or \
                       those with certain words. Use it to answer questions about the list and \
                       to find a task's number.",
        output_schema = schema_of::<TaskList>(),
        annotations(
            read_only_hint = true,
            destructive_hint = false,
            idempotent_hint = true,
            open_world_hint = false
        )
    )]
    async fn list_tasks(
        &self,
        call: Call,
        Parameters(asked): Parameters<ListTasks>,
    ) -> Result<Answer, Refusal> {
        let (database, user) = (&self.shared.database, call.user.as_str());
        let (filter, mut page) = asked.parse();
        loop {
            let list = tasks::list_of(database, user, &filter, &page).await?;
            match Answer::list(list) {
                Ok(answer) => return Ok(answer),
                Err(fewer) => page.limit = Some(fewer),
            }
        }
    }

    #[tool(
        title = "Complete a task",
        description = "Mark a task as done. Doing it again changes nothing: a completed task \
                       stays completed.",
        output_schema = schema_of::<Task>(),
        annotations(
            read_only_hint = false,
            destructive_hint = false,
            idempotent_hint = true,
            open_world_hint = false
        )
    )]
    async fn complete_task(
        &self,
        call: Call,
        Parameters(asked): Parameters<CompleteTask>,
    ) -> Result<Answer, Refusal> {
        self.change(&call, |tx, at| {
            Box::pin(async move {
                let task = tasks::find(tx, &asked.task_id.0, Prefer::Open).await?;
                Ok(Answer::task(&tasks::complete(tx, &task.id, at).await?))
            })
        })
        .await
    }

    #[tool(
        title = "Change a task",
        description = "Change a task's title or description. What is left out stays as it is.",
        output_schema = schema_of::<Task>(),
        annotations(
            read_only_hint = false,
            destructive_hint = true,
            idempotent_hint = true,
            open_world_hint = false
        )
    )]
    async fn update_task(
        &self,
        call: Call,
        Parameters(asked): Parameters<UpdateTask>,
    ) -> Result<Answer, Refusal> {
        let edit = asked.parse()?;
        self.change(&call, |tx, at| {
            Box::pin(async move {
                let task = tasks::find(tx, &asked.task_id.0, Prefer::Either).await?;
                Ok(Answer::task(&tasks::update(tx, &task.id, edit, None, at).await?))
            })
        })
        .await
    }

    #[tool(
        title = "Delete a task",
        description = "Delete a task the user wants gone. For one that is done, use \
                       complete_task.",
        output_schema = schema_of::<DeletedTask>(),
        annotations(
            read_only_hint = false,
            destructive_hint = true,
            idempotent_hint = false,
            open_world_hint = false
        )
    )]
    async fn delete_task(
        &self,
        call: Call,
        Parameters(asked): Parameters<DeleteTask>,
    ) -> Result<Answer, Refusal> {
        self.change(&call, |tx, at| {
            Box::pin(async move {
                let task = tasks::find(tx, &asked.task_id.0, Prefer::Either).await?;
                Ok(Answer::deleted(tasks::delete(tx, &task.id, at).await?))
            })
        })
        .await
    }
}

/// What a tool does within the transaction of its call.
type Work<'t> = Pin<Box<dyn Future<Output = Result<Answer, Refusal>> + Send + 't>>;

impl TodoTools {
    /// Runs `work` as the caller in one transaction, with the ledger in it: a call that comes again
    /// under the same key is answered as it was the first time, and not done again.
    async fn change(
        &self,
        call: &Call,
        work: impl for<'t> FnOnce(&'t mut Transaction, Stamp) -> Work<'t>,
    ) -> Result<Answer, Refusal> {
        let Shared { database, clock, ids, .. } = &*self.shared;
        let now = clock.now();
        let mut tx = database.write_as(call.user.as_str()).await?;
        if let Some(before) = ledger::recall(&mut tx, call).await? {
            return Ok(before);
        }
        let answer = work(&mut tx, Stamp { now, change_id: ids.next("chg_") }).await?;
        ledger::remember(&mut tx, call, &answer, now).await?;
        tx.commit().await?;
        Ok(answer)
    }

    /// See [`UsedTokens::admit`].
    fn admit(&self, caller: &Caller, made: &CallBinding) -> Result<(), ErrorData> {
        self.shared.used_tokens.admit(caller, made, self.shared.clock.now())
    }

    /// Runs a call until it ends or its client goes away; half-done work is rolled back.
    async fn run(&self, call: ToolCallContext<'_, Self>) -> (Outcome, Called) {
        let gone = call.request_context.ct.clone();
        let called = tokio::select! {
            called = self.shared.tools.call(call) => called,
            () = gone.cancelled() => {
                let error = ErrorData::internal_error("the call was cancelled", None);
                return (Outcome::Cancelled, Err(error));
            }
        };
        let outcome = match &called {
            Ok(CallToolResponse::Complete(result)) if result.is_error == Some(true) => {
                Outcome::Refused
            }
            Ok(_) => Outcome::Ok,
            Err(error) if error.code == ErrorCode::INTERNAL_ERROR => Outcome::Failed,
            Err(_) => Outcome::Rejected,
        };
        (outcome, called)
    }
}

type Called = Result<CallToolResponse, ErrorData>;

impl ServerHandler for TodoTools {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
            .with_server_info(Implementation::new("todochat", env!("CARGO_PKG_VERSION")))
            .with_instructions(INSTRUCTIONS)
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        self.shared.tools.get(name).cloned()
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let mut list = ListToolsResult::with_all_items(self.shared.tools.list_all());
        list.ttl_ms = Some(LIST_FRESH_MS);
        list.cache_scope = Some(CacheScope::Public);
        Ok(list)
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Called {
        // Only our own names become labels and reach the log.
        let tool =
            self.shared.tools.get(&request.name).map_or("unknown".into(), |tool| tool.name.clone());
        let began = Instant::now();
        let (outcome, called) = self.run(ToolCallContext::new(self, request, context)).await;
        self.shared.metrics.called(&tool, outcome, began.elapsed());
        called
    }

    // rmcp answers these with empty lists, although they are not among our capabilities.

    async fn list_prompts(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        Err(ErrorData::method_not_found::<ListPromptsRequestMethod>())
    }

    async fn list_resources(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        Err(ErrorData::method_not_found::<ListResourcesRequestMethod>())
    }

    async fn list_resource_templates(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        Err(ErrorData::method_not_found::<ListResourceTemplatesRequestMethod>())
    }

    async fn complete(
        &self,
        _: CompleteRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<CompleteResult, ErrorData> {
        Err(ErrorData::method_not_found::<CompleteRequestMethod>())
    }
}

#[cfg(test)]
mod tests;
