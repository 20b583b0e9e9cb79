//! The operator writes the servers' flags into pods; here the servers' own parsers and readers read them, for every case of
//! `operator/tests/pure/goldens`.
//!
//! ```text
//! case ─▶ validate ─▶ build ─┬ args of a container ─▶ that server's `Cli`
//!                            └ the chat's ConfigMap ─▶ the chat server's readers
//! ```

use std::{fs, path::PathBuf, time::Duration};

use clap::{CommandFactory, Parser};
use k8s_openapi::api::{
    apps::v1::Deployment,
    batch::v1::Job,
    core::v1::{Container, PodSpec},
};
use todochat_auth::parse_issuers;
use todochat_backups::BackupCommand;
use todochat_chat_server::{
    config::{Cli as ChatCli, Config as ChatConfig, Signup},
    outgoing::Outgoing,
    tool_servers::{self, Auth, ToolServerSettings},
};
use todochat_mcp_server::config::{Cli as ToolCli, Config as ToolConfig};
use todochat_operator::{
    build::build,
    children::{Children, Prepared},
    rotating::LoginJob,
    testing::{Case, Progress},
    validated::{Runs, ToolAuth, ToolServer, Validated},
};

/// What a server needs after it was told to end and its answers have ended.
const LAST_MOMENT_SECONDS: u64 = 3;

fn cases() -> Vec<(String, Case)> {
    let folder: PathBuf =
        [env!("CARGO_MANIFEST_DIR"), "..", "operator", "tests", "pure", "goldens"].iter().collect();
    let cases: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| !path.to_string_lossy().ends_with(".out.yaml"))
        .map(|path| {
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            (name, Case::read(&fs::read_to_string(path).unwrap()))
        })
        .collect();
    assert!(cases.len() >= 40);
    cases
}

/// The children of every case, in the world that it has.
fn children() -> impl Iterator<Item = (Validated, Children<Prepared>)> {
    cases().into_iter().map(|(name, case)| {
        eprintln!("{name}");
        let validated = case.validated().unwrap();
        let children = build(&validated);
        (validated, children)
    })
}

fn pod<'a>(children: &'a Children<Prepared>, name: &str) -> Option<&'a PodSpec> {
    let named = |deployment: &&Deployment| deployment.metadata.name.as_deref() == Some(name);
    children.deployments.iter().find(named)?.spec.as_ref()?.template.spec.as_ref()
}

/// The words of a container's command line, the program first.
fn words(container: &Container) -> Vec<String> {
    let program = || vec!["program".to_owned()];
    let words = container.command.clone().unwrap_or_else(program);
    words.into_iter().chain(container.args.clone().unwrap_or_default()).collect()
}

/// No variable of the container is the twin of a flag: what is in the command line holds.
fn without_twins<C: CommandFactory>(container: &Container) {
    let command = C::command();
    for variable in container.env.iter().flatten() {
        let twin = command.get_arguments().find(|argument| {
            argument.get_env().is_some_and(|env| env.to_str() == Some(&variable.name))
        });
        assert!(twin.is_none(), "{} says what {twin:?} says", variable.name);
    }
}

fn ports(container: &Container) -> Vec<u16> {
    let ports = container.ports.iter().flatten();
    ports.map(|port| u16::try_from(port.container_port).unwrap()).collect()
}

/// The pod lives until the server has ended by itself.
fn outlives(pod: &PodSpec, shutdown_grace: Duration) {
    let sleep = pod.containers[0].lifecycle.as_ref().unwrap().pre_stop.as_ref().unwrap();
    let farewell = sleep.sleep.as_ref().unwrap().seconds.cast_unsigned();
    let needed = farewell + shutdown_grace.as_secs() + LAST_MOMENT_SECONDS;
    let grace = pod.termination_grace_period_seconds.unwrap().cast_unsigned();
    assert!(grace >= needed, "{grace} s are less than {needed} s");
}

#[test]
fn the_chat_server_takes_its_flags() {
    let mut taken = 0;
    for (validated, children) in children() {
        let name = format!("{}-chat", validated.owner.name);
        let Some(pod) = pod(&children, &name) else { continue };
        let container = &pod.containers[0];
        without_twins::<ChatConfig>(container);
        let config = match ChatCli::try_parse_from(words(container)) {
            Ok(ChatCli::Serve(config)) => config,
            other => panic!("{other:?}"),
        };
        chat_is_as_validated(&config, &validated);
        let listens = [config.listener.listen.port(), config.admin.admin_listen.port()];
        assert_eq!(ports(container), listens);
        outlives(pod, config.shutdown.shutdown_grace);
        taken += 1;
    }
    assert!(taken >= 40);
}

fn chat_is_as_validated(config: &ChatConfig, validated: &Validated) {
    let chat = &validated.chat;
    let told = &config.chat;
    assert_eq!(config.listener.limits.max_connections_per_address, 0, "people come by a proxy");
    assert!(!config.migrate && config.database.database_url.is_none());
    assert_eq!(told.public_url(config.listener.listen), chat.public_url);
    assert_eq!(told.max_streams, u32::try_from(chat.max_streams).unwrap());
    assert_eq!(told.heartbeat, chat.heartbeat);
    assert_eq!(config.shutdown.shutdown_grace, chat.drain);
    assert_eq!(told.accounts.signup.as_str(), chat.signup);
    let codes = told.accounts.invite_codes_file.is_some();
    assert_eq!(codes, told.accounts.signup == Signup::Invite, "codes are for those who invite");
    assert_eq!(told.accounts.issuers_file.is_some(), chat.issuers.is_some());
    assert_eq!(told.accounts.builtin_accounts, chat.issuers.is_none());
    assert_eq!(told.system_prompt_file.is_some(), chat.system_prompt.is_some());
    assert_eq!(told.outgoing_allow.len(), chat.outgoing_allow.len());
    Outgoing::new(&told.outgoing_allow).unwrap();
    if let Some(model) = &chat.model {
        assert_eq!(told.model.name, model.name);
        assert_eq!(told.model.base_url(), model.base_url.as_deref());
        assert_eq!(told.model.api_key_file.is_some(), model.api_key.is_some());
    }
}

#[test]
fn the_chat_server_reads_its_tool_servers_and_issuers() {
    for (validated, children) in children() {
        let [config_map] = &children.config_maps[..] else { panic!("the chat's is the only one") };
        let data = config_map.data.as_ref().unwrap();
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), &data["tool-servers.json"]).unwrap();
        let allowed: Vec<_> =
            validated.chat.outgoing_allow.iter().map(ToString::to_string).collect();
        let outgoing = Outgoing::new(&allowed).unwrap();
        let servers = tool_servers::read(file.path(), &outgoing).unwrap();
        assert_eq!(servers.len(), validated.tool_servers.len());
        for (read, meant) in servers.iter().zip(&validated.tool_servers) {
            server_is_as_validated(read, meant);
        }
        let issuers = data.get("issuers.json").map(|issuers| parse_issuers(issuers).unwrap());
        assert_eq!(issuers.is_some(), validated.chat.issuers.is_some());
    }
}

fn server_is_as_validated(read: &ToolServerSettings, meant: &ToolServer) {
    assert_eq!((&read.name, &read.url, read.required), (&meant.name, &meant.url, meant.required));
    assert_eq!(read.internal, !matches!(meant.runs, Runs::Remote { .. }));
    assert_eq!(read.allow.clone().unwrap_or_default(), meant.tools.allow);
    assert_eq!(read.allow.is_some(), !meant.tools.allow.is_empty(), "no list is no restriction");
    assert_eq!(read.timeout_ms.map(Duration::from_millis), meant.timeout);
    assert_eq!(read.deny, meant.tools.deny);
    assert_eq!(read.require_approval, meant.tools.require_approval);
    assert!(matches!(
        (&read.auth, &meant.auth),
        (Auth::Minted {}, ToolAuth::Minted)
            | (Auth::Bearer { .. }, ToolAuth::Shared)
            | (Auth::None {}, ToolAuth::None)
    ));
    let (headers, ca) = match &meant.runs {
        Runs::Remote { headers, ca } => (headers.len(), ca.is_some()),
        Runs::Todo(_) | Runs::Image { .. } | Runs::Stdio { .. } => (0, false),
    };
    assert_eq!((read.headers.len(), read.ca_file.is_some()), (headers, ca));
}

#[test]
fn the_tool_server_takes_its_flags() {
    let mut taken = 0;
    for (validated, children) in children() {
        for tool in &validated.tool_servers {
            let name = format!("{}-tool-{}", validated.owner.name, tool.name);
            let Some(pod) = pod(&children, &name).filter(|_| matches!(tool.runs, Runs::Todo(_)))
            else {
                continue;
            };
            let container = &pod.containers[0];
            without_twins::<ToolConfig>(container);
            let config = match ToolCli::try_parse_from(words(container)) {
                Ok(ToolCli::Serve(config)) => config,
                other => panic!("{other:?}"),
            };
            assert_eq!(config.public_url, tool.url, "the audience is what the chat calls");
            assert_eq!(config.issuer_url, validated.chat.public_url);
            assert!(config.database.database_url_file.is_some());
            let listens = [config.listener.listen.port(), config.admin.admin_listen.port()];
            assert_eq!(ports(container), listens);
            assert!(tool.url.contains(&format!(":{}/", listens[0])), "{}", tool.url);
            outlives(pod, config.shutdown.shutdown_grace);
            taken += 1;
        }
    }
    assert!(taken >= 20);
}

#[test]
fn the_bridge_takes_its_flags_and_the_program_after_them() {
    let mut with_token = Vec::new();
    for (validated, children) in children() {
        for tool in &validated.tool_servers {
            let Runs::Stdio { command, .. } = &tool.runs else { continue };
            let name = format!("{}-tool-{}", validated.owner.name, tool.name);
            let pod = pod(&children, &name).unwrap();
            let container = &pod.containers[0];
            let words = words(container);
            let config = match ToolCli::try_parse_from(&words) {
                Ok(ToolCli::Bridge(config)) => config,
                other => panic!("{other:?}"),
            };
            assert_eq!(&config.command, command);
            assert!(tool.timeout.is_none_or(|time| time == config.request_timeout));
            assert_eq!(config.token_file.is_some(), tool.auth == ToolAuth::Shared);
            let host = tool.url.split('/').nth(2).unwrap().split(':').next().unwrap();
            let hosts = &config.allowed_host;
            assert!(config.token_file.is_some() || hosts.iter().any(|known| known == host));
            let listens = [config.listener.listen.port(), config.admin.admin_listen.port()];
            assert_eq!(ports(container), listens);
            outlives(pod, config.shutdown.shutdown_grace);
            is_installed_where_it_is_run(pod, &words[0]);
            with_token.push(config.token_file.is_some());
        }
    }
    assert!(with_token.contains(&true) && with_token.contains(&false));
}

/// The container before it puts the bridge where this one runs it.
fn is_installed_where_it_is_run(pod: &PodSpec, program: &str) {
    let [first] = &pod.init_containers.as_ref().unwrap()[..] else { panic!("one installs it") };
    let config = match ToolCli::try_parse_from(words(first)) {
        Ok(ToolCli::Install(config)) => config,
        other => panic!("{other:?}"),
    };
    assert_eq!(config.dir.join("todochat-mcp-server"), PathBuf::from(program));
    let mount = |container: &Container| {
        let mounts = container.volume_mounts.clone().unwrap_or_default();
        mounts.into_iter().find(|mount| *mount.mount_path == *config.dir.as_os_str())
    };
    let (here, there) = (mount(first).unwrap(), mount(&pod.containers[0]).unwrap());
    assert_eq!(here.name, there.name);
}

#[test]
fn the_migration_takes_its_flags() {
    let mut with_login = Vec::new();
    for (_, mut case) in cases() {
        case.world = Progress::Migrating;
        let validated = case.validated().unwrap();
        let children = build(&validated);
        let migrates =
            |job: &&Job| job.metadata.name.as_ref().is_some_and(|name| name.contains("-migrate-"));
        let Some(job) = children.jobs.iter().find(migrates) else { continue };
        let pod = job.spec.as_ref().unwrap().template.spec.as_ref().unwrap();
        let config = match ChatCli::try_parse_from(words(&pod.containers[0])) {
            Ok(ChatCli::Migrate(config)) => config,
            other => panic!("{other:?}"),
        };
        assert!(config.database.database_url_file.is_some());
        let deadline = job.spec.as_ref().unwrap().active_deadline_seconds.unwrap();
        assert!(config.wait.as_secs() <= deadline.cast_unsigned());
        with_login.push(config.runtime_url_file.is_some());
    }
    assert!(with_login.len() >= 40);
    assert!(with_login.contains(&true) && with_login.contains(&false));
}

#[test]
fn the_jobs_that_replace_a_login_take_their_flags() {
    let (mut made, mut retired) = (0, 0);
    for (_, case) in cases() {
        for retires in [None, Some("todochat_app".to_owned())] {
            let mut validated = case.validated().unwrap();
            let Some(login) = &mut validated.rotation.login else { continue };
            login.job = Some(LoginJob { id: "0123abcd".to_owned(), retires: retires.clone() });
            validated.suspended = false;
            let children = build(&validated);
            let name = format!("{}-migrate-login-0123abcd", validated.owner.name);
            let mut jobs = children.jobs.iter();
            let Some(job) = jobs.find(|job| job.metadata.name.as_ref() == Some(&name)) else {
                continue;
            };
            let spec = job.spec.as_ref().unwrap();
            let pod = spec.template.spec.as_ref().unwrap();
            let config = match ChatCli::try_parse_from(words(&pod.containers[0])) {
                Ok(ChatCli::RotateLogin(config)) => config,
                other => panic!("{other:?}"),
            };
            assert_eq!(config.retire, retires);
            let deadline = spec.active_deadline_seconds.unwrap().cast_unsigned();
            assert!(config.wait.as_secs() <= deadline);
            let files = [config.database.database_url_file.unwrap(), config.runtime_url_file];
            let mounts = pod.containers[0].volume_mounts.clone().unwrap_or_default();
            for file in files {
                assert!(mounts.iter().any(|mount| file.starts_with(&mount.mount_path)), "{file:?}");
            }
            let urls = pod.volumes.iter().flatten().filter_map(|volume| volume.secret.as_ref());
            let keys: Vec<_> = urls.flat_map(|secret| secret.items.iter().flatten()).collect();
            let next = keys.iter().any(|item| item.key == "next-url");
            assert_eq!(next, retires.is_none(), "the one that is made is not in use yet");
            if retires.is_some() {
                assert_eq!(config.grace, validated.rotation.grace);
                assert!(deadline > config.grace.as_secs());
                retired += 1;
            } else {
                made += 1;
            }
        }
    }
    assert!(made >= 30 && made == retired, "{made} {retired}");
}

#[test]
fn what_works_on_backups_takes_its_flags() {
    let mut commands = std::collections::BTreeSet::new();
    for (validated, children) in children() {
        let of_cron_jobs = children
            .cron_jobs
            .iter()
            .map(|cron_job| cron_job.spec.as_ref().unwrap().job_template.spec.as_ref().unwrap());
        let prefix = format!("{}-restore-", validated.owner.name);
        let restores = children
            .jobs
            .iter()
            .filter(|job| job.metadata.name.as_ref().is_some_and(|name| name.starts_with(&prefix)));
        let of_restores = restores.map(|job| job.spec.as_ref().unwrap());
        for spec in of_cron_jobs.chain(of_restores) {
            let pod = spec.template.spec.as_ref().unwrap();
            let install = &pod.init_containers.as_ref().unwrap()[0];
            let tools = match ChatCli::try_parse_from(words(install)) {
                Ok(ChatCli::Backup(config)) => match config.backup.command {
                    BackupCommand::Install { folder } => folder,
                    other => panic!("{other:?}"),
                },
                other => panic!("{other:?}"),
            };
            let words = words(&pod.containers[0]);
            assert!(words[0].starts_with(tools.to_str().unwrap()));
            let mounts = pod.containers[0].volume_mounts.clone().unwrap_or_default();
            for word in &words {
                let file = word.split_once("=/").map(|(_, path)| format!("/{path}"));
                let there =
                    |file: &String| mounts.iter().any(|one| file.starts_with(&one.mount_path));
                assert!(file.as_ref().is_none_or(there), "{word} is mounted");
            }
            match ChatCli::try_parse_from(&words) {
                Ok(ChatCli::Backup(config)) => commands.insert(
                    words[2].clone()
                        + match config.backup.command {
                            BackupCommand::Restore { replace: true, .. } => " over",
                            _ => "",
                        },
                ),
                other => panic!("{words:?}: {other:?}"),
            };
        }
    }
    let commands: Vec<_> = commands.iter().map(String::as_str).collect();
    assert_eq!(commands, ["restore", "take", "verify"]);
}
