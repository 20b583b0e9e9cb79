//! `todochat up`: both servers in one process.
//!
//! Clients can connect before anything slow is done: they wait in the listeners' queues.

use std::{
    io::{self, Write as _},
    net::SocketAddr,
    path::PathBuf,
    sync::Arc,
};

use clap::Args;
use prometheus::Registry;
use todochat_auth::{KeyRing, Verifier};
use todochat_chat_server::{
    app,
    config::{AttachmentPlace, ChatArgs},
    tool_servers::ToolServerSettings,
};
use todochat_database::Database;
use todochat_mcp_server as mcp;
use todochat_service::{
    Clock, HttpMetrics, Ids, Shutdown,
    admin::{self, AdminArgs},
    chain,
    health::Readiness,
    listener::{self, Limits, ListenerArgs},
    process,
    shutdown::ShutdownArgs,
};
use tokio::net::TcpListener;

use crate::{
    addresses::{Addresses, mcp_url, reachable},
    data::DataFolder,
};

/// This machine: where local models and the tool server are.
const LOOPBACK: [&str; 2] = ["127.0.0.0/8", "::1/128"];

/// How it runs.
#[derive(Debug, Args)]
pub struct UpArgs {
    /// Folder for the database and the generated secrets; made if there is none
    #[arg(long, env = "TODOCHAT_DATA", value_name = "DIR", default_value = "./todochat-data")]
    data: PathBuf,
    /// The public listener.
    #[command(flatten)]
    listener: ListenerArgs,
    /// Address of the tool server, for any MCP client
    #[arg(
        long,
        env = "TODOCHAT_MCP_LISTEN",
        value_name = "ADDR",
        default_value = "127.0.0.1:8081"
    )]
    mcp_listen: SocketAddr,
    /// The admin listener.
    #[command(flatten)]
    admin: AdminArgs,
    /// How it ends.
    #[command(flatten)]
    shutdown: ShutdownArgs,
    /// What the chat is told.
    #[command(flatten)]
    chat: ChatArgs,
}

/// Serves until a signal, then ends within the grace. Fails when something it needs is missing.
pub(crate) async fn run(args: UpArgs) -> anyhow::Result<()> {
    let UpArgs {
        data,
        listener,
        mcp_listen,
        admin,
        shutdown: ShutdownArgs { shutdown_grace },
        mut chat,
    } = args;
    let shutdown = Shutdown::new();
    shutdown.on_signals()?;
    let (folder, _lock) = DataFolder::claim(&data)?;
    chat.attachments.place.get_or_insert(AttachmentPlace::Disk);
    chat.attachments.dir.get_or_insert(folder.attachments());
    let sockets = Sockets::bind(listener.listen, mcp_listen, admin.admin_listen).await?;
    let addresses = sockets.addresses(&chat)?;
    let house = House::open(&folder, addresses.clone(), shutdown.clone()).await?;
    house.serve(sockets, chat, listener.limits).await?;
    folder.keep(&addresses)?;
    announce(&addresses.public_url);

    shutdown.soft().cancelled().await;
    shutdown.finish(shutdown_grace).await;
    house.database.close().await;
    Ok(())
}

/// The one line on standard output. Who closed it does not want to know.
fn announce(public_url: &str) {
    let _ = writeln!(io::stdout(), "todochat is ready on {public_url}");
}

/// The three ports.
struct Sockets {
    public: TcpListener,
    mcp: TcpListener,
    admin: TcpListener,
}

impl Sockets {
    async fn bind(
        public: SocketAddr,
        mcp: SocketAddr,
        admin: SocketAddr,
    ) -> Result<Self, listener::BindError> {
        Ok(Self {
            public: listener::bind(public).await?,
            mcp: listener::bind(mcp).await?,
            admin: listener::bind(admin).await?,
        })
    }

    /// With the ports as they are, should a flag have left the choice to the system.
    fn addresses(&self, chat: &ChatArgs) -> io::Result<Addresses> {
        Ok(Addresses {
            public_url: chat.public_url(reachable(self.public.local_addr()?)),
            mcp_url: mcp_url(self.mcp.local_addr()?),
        })
    }
}

/// What both servers stand on.
struct House {
    addresses: Addresses,
    database: Database,
    keys: Arc<KeyRing>,
    clock: Clock,
    ids: Ids,
    registry: Registry,
    shutdown: Shutdown,
}

impl House {
    async fn open(
        folder: &DataFolder,
        addresses: Addresses,
        shutdown: Shutdown,
    ) -> anyhow::Result<Self> {
        let keys = Arc::new(KeyRing::load_or_create(&folder.signing_keys())?);
        let database = folder.database().connect().await?;
        database.migrate().await?;
        let registry = Registry::new();
        // Both servers are one process on one database; the chat's names do for both.
        process::register(&registry, "todochat_chat")?;
        database.count_in(&registry, "todochat_chat")?;
        Ok(Self {
            addresses,
            database,
            keys,
            clock: Clock::system(),
            ids: Ids::random(),
            registry,
            shutdown,
        })
    }

    /// Begins to serve on all three ports; returns at once.
    async fn serve(&self, sockets: Sockets, chat: ChatArgs, limits: Limits) -> anyhow::Result<()> {
        let Sockets { public, mcp, admin } = sockets;
        self.serve_tools(mcp, limits)?;
        self.serve_chat(public, chat, limits).await?;
        let router = admin::router(self.registry.clone(), self.readiness());
        tokio::spawn(admin::serve(admin, router, self.shutdown.clone()));
        Ok(())
    }

    fn serve_tools(&self, socket: TcpListener, limits: Limits) -> anyhow::Result<()> {
        let http_metrics = HttpMetrics::register(&self.registry, "todochat_mcp")?;
        let Addresses { public_url, mcp_url } = self.addresses.clone();
        let router = mcp::router(mcp::Parts {
            database: self.database.clone(),
            verifier: Verifier::new(mcp_url.clone()).trust_ring(&public_url, &self.keys),
            clock: self.clock.clone(),
            ids: self.ids.clone(),
            public_url: mcp_url,
            allowed_hosts: Vec::new(),
            allowed_origins: Vec::new(),
            metrics: mcp::Metrics::new(&self.registry)?,
            http_metrics: http_metrics.clone(),
            hard_stop: self.shutdown.hard().clone(),
        });
        // To the end: what the chat still answers after a signal may need its tools.
        let serving =
            listener::serve(socket, router, limits, http_metrics, self.shutdown.to_the_end());
        tokio::spawn(serving);
        Ok(())
    }

    async fn serve_chat(
        &self,
        socket: TcpListener,
        mut args: ChatArgs,
        limits: Limits,
    ) -> anyhow::Result<()> {
        args.outgoing_allow.extend(LOOPBACK.map(str::to_owned));
        let http_metrics = HttpMetrics::register(&self.registry, "todochat_chat")?;
        let Addresses { public_url, mcp_url } = self.addresses.clone();
        let router = app::router(app::Parts {
            args,
            public_url,
            tool_servers: vec![ToolServerSettings::ours(mcp_url)],
            database: self.database.clone(),
            keys: self.keys.clone().into(),
            clock: self.clock.clone(),
            ids: self.ids.clone(),
            registry: self.registry.clone(),
            http_metrics: http_metrics.clone(),
            shutdown: self.shutdown.clone(),
        })
        .await?;
        let serving = listener::serve(socket, router, limits, http_metrics, self.shutdown.clone());
        tokio::spawn(serving);
        Ok(())
    }

    fn readiness(&self) -> Readiness {
        let readiness = Readiness::new(&self.shutdown);
        let asked = self.database.clone();
        readiness.register("database", move || {
            let database = asked.clone();
            async move { database.ping().await.map_err(|error| chain(&error)) }
        });
        readiness.started();
        readiness
    }
}
