//! The tool servers' part.

use std::{ops::RangeInclusive, time::Duration};

use super::{
    Pass, addresses::web_address, environment::environment, images, lookup::inputs, network, pods,
    resources,
};
use crate::{
    crd::{
        Delay, EgressMode, ImageSource, RemoteSource, Sessions, SourceType, StdioSource,
        ToolAuthType, ToolServerSpec,
    },
    names::Part,
    references::Reader,
    validated::{Image, Runs, SecretFile, ToolAuth, ToolPods, ToolServer},
};

/// The port of the tool server of this release.
const TODO_PORT: u16 = 8081;
/// The port of the bridge.
const BRIDGE_PORT: u16 = 8080;

/// How long the chat can let a call take: the token for it lives no longer.
const CALLS: RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_mins(2);

/// The tool servers, in the order of the spec.
pub(super) fn tool_servers(pass: &mut Pass<'_>) -> Vec<ToolServer> {
    pass.spec.tool_servers.iter().map(|spec| tool_server(pass, spec)).collect()
}

fn tool_server(pass: &mut Pass<'_>, spec: &ToolServerSpec) -> ToolServer {
    let path = format!("spec.toolServers[{}]", spec.name);
    check_policy(pass, &path, spec);
    let (url, runs) = source(pass, &path, spec);
    ToolServer {
        name: spec.name.clone(),
        url,
        required: spec.required,
        tools: spec.tools.clone(),
        auth: auth(spec),
        timeout: spec.timeout.as_ref().map(|delay| timeout(pass, &path, delay)),
        runs,
    }
}

/// Its URL and what runs it. A source without its member is refused, and stood in for by one that needs none.
fn source(pass: &mut Pass<'_>, path: &str, spec: &ToolServerSpec) -> (String, Runs) {
    let todo = |pass: &mut Pass<'_>| {
        let image = Image(pass.settings.images.mcp_server.clone());
        (url(pass, spec, TODO_PORT, "/mcp"), Runs::Todo(tool_pods(pass, path, spec, image)))
    };
    let path = path.to_owned();
    match (spec.source.kind, &spec.source) {
        (SourceType::Builtin, _) => todo(pass),
        (SourceType::Image, source) => match &source.image {
            Some(source) => image(pass, &path, spec, source),
            None => missing_member(pass, &path, "image", todo),
        },
        (SourceType::Stdio, source) => match &source.stdio {
            Some(source) => stdio(pass, &path, spec, source),
            None => missing_member(pass, &path, "stdio", todo),
        },
        (SourceType::Remote, source) => match &source.remote {
            Some(source) => remote(pass, &path, source),
            None => missing_member(pass, &path, "remote", todo),
        },
    }
}

fn missing_member<T>(
    pass: &mut Pass<'_>,
    path: &str,
    member: &str,
    stand_in: impl FnOnce(&mut Pass<'_>) -> T,
) -> T {
    let rule = "is needed for this type of source";
    pass.findings.malformed(&format!("{path}.source.{member}"), rule);
    stand_in(pass)
}

fn image(
    pass: &mut Pass<'_>,
    path: &str,
    spec: &ToolServerSpec,
    source: &ImageSource,
) -> (String, Runs) {
    let port = port(pass, &format!("{path}.source.image.port"), source.port);
    if !source.path.starts_with('/') {
        pass.findings.malformed(&format!("{path}.source.image.path"), "must begin with a slash");
    }
    let image = images::image(pass, &format!("{path}.source.image.image"), &source.image);
    let pods = tool_pods(pass, path, spec, image);
    let (command, args) = (source.command.clone(), source.args.clone());
    (url(pass, spec, port, &source.path), Runs::Image { pods, port, command, args })
}

fn stdio(
    pass: &mut Pass<'_>,
    path: &str,
    spec: &ToolServerSpec,
    source: &StdioSource,
) -> (String, Runs) {
    if source.command.is_empty() {
        let rule = "needs the program that speaks MCP over standard input and output";
        pass.findings.malformed(&format!("{path}.source.stdio.command"), rule);
    }
    let image = images::image(pass, &format!("{path}.source.stdio.image"), &source.image);
    let pods = tool_pods(pass, path, spec, image);
    let bridge = Image(pass.settings.images.mcp_server.clone());
    let command = source.command.clone();
    (url(pass, spec, BRIDGE_PORT, "/mcp"), Runs::Stdio { pods, command, bridge })
}

fn remote(pass: &mut Pass<'_>, path: &str, source: &RemoteSource) -> (String, Runs) {
    let path = format!("{path}.source.remote");
    let url = web_address(pass, &format!("{path}.url"), &source.url);
    if url.is_some_and(|url| url.scheme() != "https") {
        if !source.headers_from.is_empty() {
            let rule = "headers are sent over https alone: write an https:// url";
            pass.findings.malformed(&format!("{path}.headersFrom"), rule);
        }
        if source.ca_bundle.is_some() {
            let rule = "certificates are for https alone: write an https:// url";
            pass.findings.malformed(&format!("{path}.caBundle"), rule);
        }
    }
    let headers = source.headers_from.iter();
    let headers = headers
        .map(|header| (header.name.clone(), SecretFile::from(&header.secret_key_ref)))
        .collect();
    let ca = source.ca_bundle.as_ref().map(|entry| (entry.name.clone(), entry.key.clone()));
    (source.url.clone(), Runs::Remote { headers, ca })
}

fn tool_pods(pass: &mut Pass<'_>, path: &str, spec: &ToolServerSpec, image: Image) -> ToolPods {
    let (said, pod) = (spec.resources.clone().unwrap_or_default(), spec.pod.clone());
    let replicas = spec.replicas.unwrap_or(1);
    if replicas < 0 {
        pass.findings.malformed(&format!("{path}.replicas"), "cannot be less than 0");
    }
    ToolPods {
        image,
        replicas,
        sticky: spec.sessions == Sessions::Sticky,
        egress: match spec.egress.mode {
            EgressMode::Deny => Some(Vec::new()),
            EgressMode::AllowList => {
                Some(network::egress(pass, &format!("{path}.egress.to"), &spec.egress.to))
            }
            EgressMode::AllowAll => None,
        },
        env: environment(pass, &format!("{path}.env"), &spec.env),
        resources: resources::resources(
            pass,
            &format!("{path}.resources"),
            &said,
            &resources::SERVER,
        ),
        pod: pods::options(pass, &format!("{path}.pod"), &pod.unwrap_or_default()),
        inputs: inputs(pass, Reader::Tool(&spec.name)),
    }
}

/// The bridge asks for a token unless it is told otherwise; other images may not know of one, and get it when it is asked for.
fn auth(spec: &ToolServerSpec) -> ToolAuth {
    match (spec.source.kind, spec.auth.kind) {
        (SourceType::Builtin, _) => ToolAuth::Minted,
        (SourceType::Remote, _) | (SourceType::Image, None) | (_, Some(ToolAuthType::None)) => {
            ToolAuth::None
        }
        (SourceType::Stdio, None) | (_, Some(ToolAuthType::SharedToken)) => ToolAuth::Shared,
    }
}

fn check_policy(pass: &mut Pass<'_>, path: &str, spec: &ToolServerSpec) {
    let path = format!("{path}.tools");
    let tools = &spec.tools;
    if !tools.allow.is_empty() && !tools.deny.is_empty() {
        pass.findings.malformed(&path, "takes allow or deny, and not both");
    }
    let hidden = |tool: &String| {
        (!tools.allow.is_empty() && !tools.allow.contains(tool)) || tools.deny.contains(tool)
    };
    if let Some(tool) = tools.require_approval.iter().find(|tool| hidden(tool)) {
        let problem = format!("requireApproval has `{tool}`, which the model does not see");
        pass.findings.malformed(&path, problem);
    }
}

fn timeout(pass: &mut Pass<'_>, path: &str, delay: &Delay) -> Duration {
    let path = format!("{path}.timeout");
    let time = pass.time(&path, delay);
    if !CALLS.contains(&time) {
        pass.findings.malformed(&path, "must be between 1s and 2m");
    }
    time
}

fn port(pass: &mut Pass<'_>, path: &str, given: i32) -> u16 {
    u16::try_from(given).ok().filter(|port| *port > 0).unwrap_or_else(|| {
        pass.findings.malformed(path, "must be between 1 and 65535");
        0
    })
}

/// The endpoint of a server that runs here, behind its own Service.
fn url(pass: &Pass<'_>, spec: &ToolServerSpec, port: u16, path: &str) -> String {
    let service = Part::Tool(spec.name.clone()).name(&pass.owner.name);
    format!("http://{service}.{}.svc:{port}{path}", pass.owner.namespace)
}
