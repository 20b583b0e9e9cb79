//! Putting the chat server together from its flags.

use std::{sync::Arc, time::Duration};

use anyhow::{Context as _, anyhow, ensure};
use axum::{Router, middleware};
use chatkit_server::{Limits, OnDisconnect, Options};
use prometheus::Registry;
use todochat_auth::{Issuer, Passwords, SigningKeys};
use todochat_database::Database;
use todochat_service::{Clock, HttpMetrics, Ids, Shutdown, request_id};

use crate::{
    accounts::Revoked,
    agent::{
        Agent, LlmMode, Model,
        offline::Offline,
        openai::{self, Attempt, Key, OpenAi},
        tools::{Minter, Tools},
    },
    attachments::{self, Attachments, Links},
    chatkit::ChatKit,
    config::{ChatArgs, ModelArgs, OfflineMode, TranscribeArgs},
    identity::{self, KnownUsers},
    metrics::{Metrics, TurnCounters},
    outgoing::Outgoing,
    respond::AgentResponder,
    routes,
    state::{AppState, Inside, Settings, api_audience},
    store::{MessageLimit, feedback::Verdicts, threads::Threads},
    streams::Streams,
    tool_servers::ToolServerSettings,
    transcribe::Transcription,
};

/// Hashing a password takes one core for tens of milliseconds; so many at a time.
const PASSWORD_WORKERS: usize = 2;

/// How long the rules of `--system-prompt-file` may be, in bytes; a model reads them each time.
const LONGEST_PROMPT: usize = 64 * 1024;

/// Files that one message may have.
pub const MOST_FILES: usize = 10;

/// What a chat server is put together from.
pub struct Parts {
    /// The flags.
    pub args: ChatArgs,
    /// The address people use, without a trailing slash.
    pub public_url: String,
    /// Where the tools are.
    pub tool_servers: Vec<ToolServerSettings>,
    /// Where everything is kept; migrated.
    pub database: Database,
    /// The keys of our tokens.
    pub keys: SigningKeys,
    /// The time.
    pub clock: Clock,
    /// New ids.
    pub ids: Ids,
    /// What is counted.
    pub registry: Registry,
    /// What is counted of HTTP; the listener counts its connections there too.
    pub http_metrics: HttpMetrics,
    /// Ends it.
    pub shutdown: Shutdown,
}

/// The public listener's routes, with everything behind them.
pub async fn router(parts: Parts) -> anyhow::Result<Router> {
    let (ids, http_metrics) = (parts.ids.clone(), parts.http_metrics.clone());
    let state = state(parts).await?;
    let identity = middleware::from_fn_with_state(state.clone(), identity::layer);
    Ok(routes::router(state).layer(identity).layer(request_id::layer(ids, http_metrics)))
}

async fn state(parts: Parts) -> anyhow::Result<AppState> {
    let args = &parts.args;
    let outgoing = Outgoing::new(&args.outgoing_allow).context("--outgoing-allow")?;
    let issuer = Issuer::new(parts.keys.clone(), parts.public_url.clone());
    let audience = api_audience(&parts.public_url);
    let verifier = identity::verifier(&args.accounts, &issuer, audience, &outgoing)?;
    let mode = llm_mode(&args.model);
    let metrics = Metrics::new(&parts.registry, mode.map_or("none", LlmMode::as_str))?;
    metrics.streams_limit.set(args.max_streams.into());
    let agent = mode.map(|mode| agent(mode, &parts, &issuer, &outgoing, &metrics)).transpose()?;
    let (store, attachments) = kept(&parts, &issuer, &outgoing, &metrics)?;
    let responder = AgentResponder {
        agent: agent.clone(),
        store: store.clone(),
        clock: parts.clock.clone(),
        ids: parts.ids.clone(),
        time_zone: args.time_zone.clone(),
        prompt: prompt(args)?,
        badges: args.badges,
        attachments: attachments.clone(),
        verdicts: Verdicts::new(parts.database.clone(), parts.clock.clone()),
        metrics: metrics.clone(),
        stoppable: args.on_disconnect() != OnDisconnect::Continue,
    };
    let transcription = transcription(&args.transcribe, &args.model, &outgoing)?;
    let options = options(args, &parts.shutdown);
    let chat = chat(store, responder, options, attachments.clone(), transcription);
    let settings = settings(args, parts.public_url.clone(), mode)?;
    let Parts { args, database, clock, ids, shutdown, .. } = parts;
    Ok(AppState::new(Inside {
        revoked: Revoked::watch(&database, clock.clone(), &shutdown).await?,
        chat: Arc::new(chat),
        attachments,
        settings: Arc::new(settings),
        verifier: Arc::new(verifier),
        known_users: KnownUsers::default(),
        passwords: Passwords::new(PASSWORD_WORKERS),
        database,
        clock,
        ids,
        issuer,
        agent,
        answers: Streams::new(args.max_streams, metrics.streams_active.clone()),
        feeds: Streams::new(args.max_streams, metrics.feeds_active.clone()),
        metrics,
        shutdown,
    }))
}

/// What answers.
fn agent(
    mode: LlmMode,
    parts: &Parts,
    issuer: &Issuer,
    outgoing: &Outgoing,
    metrics: &Metrics,
) -> anyhow::Result<Arc<Agent>> {
    let Parts { args, clock, ids, .. } = parts;
    let minter = Minter { issuer: issuer.clone(), clock: clock.clone(), ids: ids.clone() };
    let model = model(mode, &args.model, outgoing, metrics)?;
    let tools = tools(parts.tool_servers.clone(), outgoing, args.limits.tool, &minter)?;
    Ok(Arc::new(Agent::new(model, tools, args.limits.clone())))
}

/// Where conversations are kept, and their files, if there are any.
fn kept(
    parts: &Parts,
    issuer: &Issuer,
    outgoing: &Outgoing,
    metrics: &Metrics,
) -> anyhow::Result<(Threads, Option<Attachments>)> {
    let Parts { args, public_url, database, clock, ids, registry, shutdown, .. } = parts;
    let limit = MessageLimit::per_minute(args.rate_limit_per_minute);
    let links = Links::new(issuer.clone(), public_url, clock.clone(), ids.clone());
    let store = Threads::new(database.clone(), clock.clone(), ids.clone(), limit)
        .with_links(links.clone())
        .counting(TurnCounters::register(registry)?);
    let attachments = attachments::open(&args.attachments, outgoing)?.map(|(files, rules)| {
        Attachments::new(attachments::Parts {
            database: database.clone(),
            files,
            links,
            rules,
            clock: clock.clone(),
            ids: ids.clone(),
            uploads: metrics.uploads.clone(),
            tracker: shutdown.tracker().clone(),
        })
    });
    if let Some(attachments) = &attachments {
        attachments.sweep_until(shutdown);
    }
    Ok((store, attachments))
}

fn options(args: &ChatArgs, shutdown: &Shutdown) -> Options {
    Options {
        on_disconnect: args.on_disconnect(),
        when_busy: args.when_busy(),
        keepalive: Some(args.heartbeat),
        tracker: shutdown.tracker().clone(),
        hard_stop: shutdown.hard().clone(),
        limits: Limits { max_attachments: MOST_FILES, ..Limits::default() },
        ..Options::default()
    }
}

fn chat(
    store: Threads,
    responder: AgentResponder,
    options: Options,
    attachments: Option<Attachments>,
    transcription: Option<Transcription>,
) -> ChatKit {
    let mut chat = ChatKit::new(store, responder, options);
    if let Some(attachments) = attachments {
        chat = chat.with_attachments(attachments);
    }
    if let Some(transcription) = transcription {
        chat = chat.with_transcriber(transcription);
    }
    chat.look_after_turns();
    chat
}

/// Who turns speech into text, if anybody does.
fn transcription(
    args: &TranscribeArgs,
    model: &ModelArgs,
    outgoing: &Outgoing,
) -> anyhow::Result<Option<Transcription>> {
    let Some(url) = args.url() else { return Ok(None) };
    let key = match &args.api_key_file {
        Some(file) => Key::File(file.clone()),
        // The model's key is for the model's server and nobody else.
        None if openai::same_server(url, model.base_url()) => key(model),
        None => Key::None,
    };
    let transcription = Transcription::new(url, &args.model, key, outgoing);
    transcription.map(Some).context("--transcribe-url")
}

/// The rules of `--system-prompt-file`.
fn prompt(args: &ChatArgs) -> anyhow::Result<Option<Arc<str>>> {
    let Some(file) = &args.system_prompt_file else { return Ok(None) };
    let about = || format!("--system-prompt-file {}", file.display());
    let bytes = std::fs::read(file).with_context(about)?;
    ensure!(bytes.len() <= LONGEST_PROMPT, "{}: longer than {LONGEST_PROMPT} bytes", about());
    let text = String::from_utf8(bytes).map_err(|_| anyhow!("{}: not UTF-8", about()))?;
    Ok(Some(text.trim().into()).filter(|text: &Arc<str>| !text.is_empty()))
}

/// A model when one is named or there is a key for one; otherwise the offline command mode, unless
/// it is off.
fn llm_mode(args: &ModelArgs) -> Option<LlmMode> {
    let configured = args.base_url().is_some() || args.api_key().is_some();
    match (configured || args.api_key_file.is_some(), args.offline_mode) {
        (true, _) => Some(LlmMode::Model),
        (false, OfflineMode::Auto) => Some(LlmMode::Offline),
        (false, OfflineMode::Off) => None,
    }
}

fn tools(
    servers: Vec<ToolServerSettings>,
    outgoing: &Outgoing,
    time: Duration,
    minter: &Minter,
) -> anyhow::Result<Tools> {
    let servers = servers.into_iter().map(|server| server.connected(outgoing, time));
    Ok(Tools::new(servers.collect::<anyhow::Result<_>>()?, minter))
}

fn model(
    mode: LlmMode,
    args: &ModelArgs,
    outgoing: &Outgoing,
    metrics: &Metrics,
) -> anyhow::Result<Arc<dyn Model>> {
    if mode == LlmMode::Offline {
        return Ok(Arc::new(Offline));
    }
    let requests = metrics.model_requests.clone();
    let settings = openai::Settings {
        base_url: args.base_url().map(str::to_owned),
        model: args.name.clone(),
        api: args.api,
        key: key(args),
        pictures: args.images,
        outgoing: outgoing.clone(),
        observe: Arc::new(move |attempt: Attempt| {
            let status = attempt.status.map_or("none".to_owned(), |status| status.to_string());
            requests.with_label_values(&[&status]).inc();
        }),
    };
    Ok(Arc::new(OpenAi::new(settings)?))
}

/// The file wins: it was named on purpose, the variable may just be there.
fn key(args: &ModelArgs) -> Key {
    match (&args.api_key_file, args.api_key()) {
        (Some(file), _) => Key::File(file.clone()),
        (None, Some(key)) => Key::Text(key.to_owned()),
        (None, None) => Key::None,
    }
}

fn settings(
    args: &ChatArgs,
    public_url: String,
    llm_mode: Option<LlmMode>,
) -> anyhow::Result<Settings> {
    let accounts = &args.accounts;
    let codes = match &accounts.invite_codes_file {
        Some(file) => std::fs::read_to_string(file).with_context(|| {
            format!("could not read the invitation codes in {}", file.display())
        })?,
        None => String::new(),
    };
    Ok(Settings {
        public_url,
        signup: accounts.signup,
        invite_codes: codes
            .lines()
            .map(str::trim)
            .filter(|c| !c.is_empty())
            .map(str::to_owned)
            .collect(),
        signups_per_hour: accounts.signups_per_hour,
        password_min_length: accounts.password_min_length,
        builtin_accounts: accounts.builtin_accounts,
        llm_mode,
        chat_ui: args.chat_ui,
        time_zone: args.time_zone.clone(),
        heartbeat: args.heartbeat,
        dictation: args.transcribe.url().is_some(),
    })
}
