use super::*;
use crate::validated::{SecretFile, ToolPods, ToolServer};

fn tool_server(yaml: &str) -> ToolServer {
    let mut servers = validated(&format!("toolServers: [{{{yaml}}}]")).tool_servers;
    assert_eq!(servers.len(), 1);
    servers.remove(0)
}

fn pods(runs: &Runs) -> &ToolPods {
    match runs {
        Runs::Todo(pods) | Runs::Image { pods, .. } | Runs::Stdio { pods, .. } => pods,
        Runs::Remote { .. } => panic!("nothing runs here"),
    }
}

const IMAGE: &str = "image: {repository: a.example/tool, tag: v1}";

#[test]
fn the_builtin_server_is_of_this_release_and_gets_minted_tokens() {
    let server = tool_server("name: todo");
    assert_eq!(server.url, "http://harbor-tool-todo.pier.svc:8081/mcp");
    assert_eq!(server.auth, ToolAuth::Minted);
    assert_eq!(
        pods(&server.runs).image,
        Image("images.example/todochat/mcp-server:1.4.2".to_owned())
    );
    assert_eq!(tool_server("name: todo, auth: {type: SharedToken}").auth, ToolAuth::Minted);
}

#[test]
fn an_image_is_called_at_its_port_and_path() {
    let yaml = format!(
        "name: search, source: {{type: Image, image: {{{IMAGE}, port: 3000, path: /rpc}}}}"
    );
    let server = tool_server(&yaml);
    assert_eq!(server.url, "http://harbor-tool-search.pier.svc:3000/rpc");
    assert_eq!(server.auth, ToolAuth::None);
    assert!(matches!(server.runs, Runs::Image { port: 3000, .. }));
    let shared = format!("{yaml}, auth: {{type: SharedToken}}");
    assert_eq!(tool_server(&shared).auth, ToolAuth::Shared);
}

#[test]
fn a_program_stands_behind_a_bridge_that_asks_for_a_token() {
    let yaml =
        format!("name: files, source: {{type: Stdio, stdio: {{{IMAGE}, command: [files, --ro]}}}}");
    let server = tool_server(&yaml);
    assert_eq!(server.url, "http://harbor-tool-files.pier.svc:8080/mcp");
    assert_eq!(server.auth, ToolAuth::Shared);
    let Runs::Stdio { bridge, command, .. } = server.runs else { panic!("stdio") };
    assert_eq!(bridge, Image("images.example/todochat/mcp-server:1.4.2".to_owned()));
    assert_eq!(command, ["files", "--ro"]);
    assert_eq!(tool_server(&format!("{yaml}, auth: {{type: None}}")).auth, ToolAuth::None);
}

#[test]
fn a_remote_server_is_called_where_it_is() {
    let server = tool_server(
        "name: crm, source: {type: Remote, remote: {url: 'https://crm.example/mcp', headersFrom: \
         [{name: X-Key, secretKeyRef: {name: crm, key: header}}], caBundle: {name: ca, key: ca.crt}}}",
    );
    assert_eq!((server.url.as_str(), server.auth), ("https://crm.example/mcp", ToolAuth::None));
    let header = SecretFile { secret: "crm".to_owned(), key: "header".to_owned() };
    let expected = Runs::Remote {
        headers: vec![("X-Key".to_owned(), header)],
        ca: Some(("ca".to_owned(), "ca.crt".to_owned())),
    };
    assert_eq!(server.runs, expected);
}

#[test]
fn a_source_has_the_member_of_its_type() {
    for (kind, member) in [("Image", "image"), ("Stdio", "stdio"), ("Remote", "remote")] {
        let yaml = format!("toolServers: [{{name: t, source: {{type: {kind}}}}}]");
        refuses(&yaml, "Malformed", &format!("spec.toolServers[t].source.{member}"));
    }
}

#[test]
fn secrets_are_sent_over_https_alone() {
    let remote = |fields: &str| {
        format!("toolServers: [{{name: crm, source: {{type: Remote, remote: {{{fields}}}}}}}]")
    };
    let header = "headersFrom: [{name: A, secretKeyRef: {name: crm, key: h}}]";
    refuses(&remote(&format!("url: 'http://crm.example', {header}")), "Malformed", "https alone");
    let ca = "caBundle: {name: ca, key: ca.crt}";
    refuses(&remote(&format!("url: 'http://crm.example', {ca}")), "Malformed", "caBundle");
    refuses(&remote("url: 'https://me:secret@crm.example'"), "Malformed", "use a Secret");
    refuses(&remote("url: crm.example"), "Malformed", "remote.url");
    assert!(Case::new(&remote("url: 'http://crm.example'")).run().is_ok());
}

#[test]
fn two_servers_have_two_names() {
    refuses("toolServers: [{name: todo}, {name: todo}]", "NameCollision", "toolServers[todo]");
}

#[test]
fn a_name_leaves_room_for_the_objects() {
    for bad in ["Todo", "1st", "a.b", "a-"] {
        refuses(&format!("toolServers: [{{name: {bad}}}]"), "Malformed", "lowercase");
    }
    refuses(&format!("toolServers: [{{name: {}}}]", "t".repeat(60)), "Malformed", "63 characters");
}

#[test]
fn pods_may_go_nowhere_unless_it_is_said() {
    let egress = |said: &str| {
        let server = tool_server(&format!("name: todo, egress: {{{said}}}"));
        pods(&server.runs).egress.as_ref().map(Vec::len)
    };
    assert_eq!(egress(""), Some(0));
    assert_eq!(egress("mode: AllowAll"), None);
    assert_eq!(egress("mode: AllowList, to: [{to: [{ipBlock: {cidr: 10.0.0.0/8}}]}]"), Some(1));
    let yaml = "toolServers: [{name: todo, egress: {mode: AllowList, to: [{too: []}]}}]";
    refuses(yaml, "OverrideRejected", "`spec.toolServers[todo].egress.to[0]`");
}

#[test]
fn replicas_sessions_and_time_are_as_said() {
    let server =
        tool_server("name: todo, replicas: 3, sessions: Sticky, timeout: 30s, required: false");
    assert_eq!((pods(&server.runs).replicas, pods(&server.runs).sticky), (3, true));
    assert_eq!((server.timeout, server.required), (Some(Duration::from_secs(30)), false));
    let server = tool_server("name: todo");
    assert_eq!((pods(&server.runs).replicas, server.timeout), (1, None));
    for bad in ["999ms", "2m1s"] {
        let yaml = format!("toolServers: [{{name: todo, timeout: {bad}}}]");
        refuses(&yaml, "Malformed", "between 1s and 2m");
    }
}

#[test]
fn only_what_the_model_sees_can_need_approval() {
    let refuses = |tools: &str, words| {
        refuses(&format!("toolServers: [{{name: todo, tools: {{{tools}}}}}]"), "Malformed", words);
    };
    refuses("allow: [a], deny: [b]", "allow or deny");
    refuses("allow: [a], requireApproval: [b]", "`b`");
    refuses("deny: [b], requireApproval: [b]", "`b`");
    assert_eq!(
        tool_server("name: todo, tools: {requireApproval: [b]}").tools.require_approval,
        ["b"]
    );
}
