//! What holds for the policies of any spec.

use std::collections::BTreeSet;

use serde_json::Value;
use todochat_operator::{
    build::build,
    kinds::Kind,
    names::Part,
    rotating::LoginJob,
    testing::Case,
    validated::{DatabaseRuns, Validated},
};

use super::{
    evaluator::{Net, Pod, Port},
    places::{ADMIN, DATABASE, HTTP, Somebody, others, pods_of, tool},
};
use crate::children::{self, Sent, selects, texts};

pub(crate) fn check(sent: &Sent<'_>) {
    let policies: Vec<_> = sent.of(Kind::NetworkPolicy).collect();
    if sent.validated.network.is_none() {
        assert!(policies.is_empty());
        return;
    }
    every_pod_has_one(sent, &policies);
    let net = Net(policies);
    parts_reach_what_they_need(sent.validated, &net);
    only_who_is_named_reads_metrics(sent.validated, &net);
    nobody_else_reaches_the_database(sent.validated, &net);
    nobody_reaches_what_gives_rights(sent.validated, &net);
    no_path_between_two(sent);
}

fn every_pod_has_one(sent: &Sent<'_>, policies: &[&Value]) {
    for workload in sent.workloads() {
        let labels = workload.labels();
        let is_for = |policy: &&&Value| {
            selects(&texts(&policy["spec"]["podSelector"]["matchLabels"]), &labels)
        };
        let own: Vec<_> = policies.iter().filter(is_for).collect();
        assert_eq!(own.len(), 1, "{} has a policy", workload.name);
        assert_eq!(own[0]["spec"]["policyTypes"], serde_json::json!(["Ingress", "Egress"]));
    }
}

fn parts_reach_what_they_need(validated: &Validated, net: &Net<'_>) {
    let pods = pods_of(validated);
    let others = others(validated);
    let place = |name: &str| {
        let mut all = pods.iter().chain(&others);
        let name = format!("{}: {name}", validated.owner.name);
        all.find(|one| one.name == name).map(|one| &one.place)
    };
    let other = |name: &str| &others.iter().find(|one| one.name == name).unwrap().place;
    let chat = place("chat").unwrap();
    for server in &validated.tool_servers {
        let Some(tool) = tool(&server.runs) else { continue };
        let this = place(&Part::Tool(server.name.clone()).suffix()).unwrap();
        let (mcp, wrong) = (Port("TCP", tool.port), Port("TCP", tool.port + 1));
        assert!(net.connects(chat, this, mcp), "the chat calls {}", server.name);
        assert!(net.lets_in(other("the operator"), this, mcp), "{} is probed", server.name);
        assert!(!net.lets_in(chat, this, wrong), "{} on another port", server.name);
        let stranger = other("a pod of the namespace");
        assert!(!net.lets_in(stranger, this, mcp), "{} from a stranger", server.name);
        assert!(tool.open || !net.lets_out(this, chat, Port("TCP", HTTP)), "{}", server.name);
    }
    if validated.network.as_ref().is_some_and(|network| network.ingress_from.is_empty()) {
        let stranger = other("a pod of the namespace");
        assert!(net.lets_in(stranger, chat, Port("TCP", HTTP)), "the namespace uses the chat");
    }
    for one in &pods {
        assert!(
            !net.lets_in(other("the internet"), &one.place, Port("TCP", ADMIN)),
            "{}",
            one.name
        );
        let resolves = net.lets_out(&one.place, other("name server"), Port("UDP", 53));
        assert_eq!(resolves, !one.name.ends_with(": db"), "{} resolves names", one.name);
    }
}

/// Every pod of the cluster where no namespace is named.
fn only_who_is_named_reads_metrics(validated: &Validated, net: &Net<'_>) {
    let named = &validated.network.as_ref().expect("there are policies").metrics_from;
    let admin = Port("TCP", ADMIN);
    let pods = pods_of(validated);
    // The admin listener's comes second: another server's own port may have its number.
    let measured = pods.iter().filter(|one| one.ports.get(1) == Some(&admin));
    let others = others(validated);
    for (one, other) in measured.flat_map(|one| others.iter().map(move |other| (one, other))) {
        let is_named = |pod: &Pod| named.is_empty() || named.contains(&pod.namespace);
        let may = other.place.pod.as_ref().is_some_and(is_named);
        let reads = net.lets_in(&other.place, &one.place, admin);
        assert_eq!(reads, may, "{} reads what {} measures", other.name, one.name);
    }
}

/// The Embedded one; others have the policies that those who run them make.
fn nobody_else_reaches_the_database(validated: &Validated, net: &Net<'_>) {
    if !matches!(validated.database.runs, DatabaseRuns::Embedded(_)) {
        return;
    }
    let stores = |part: &str| {
        let tools = validated.tool_servers.iter();
        let mut storing = tools
            .filter(|server| tool(&server.runs).is_some_and(|tool| tool.stores))
            .map(|server| Part::Tool(server.name.clone()).suffix());
        part == "chat"
            || part == "backup"
            || part.starts_with("migrate-")
            || storing.any(|it| it == part)
    };
    let pods = pods_of(validated);
    let database = pods.iter().find(|one| one.name.ends_with(": db")).unwrap();
    let own: BTreeSet<_> = pods.iter().map(|one| one.name.clone()).collect();
    for one in pods.iter().chain(&others(validated)).filter(|one| one.name != database.name) {
        let part = one.name.rsplit_once(": ").map_or("", |(_, part)| part);
        let may = own.contains(&one.name) && stores(part);
        assert_eq!(
            net.connects(&one.place, &database.place, Port("TCP", DATABASE)),
            may,
            "{}",
            one.name
        );
        assert!(!net.lets_in(&one.place, &database.place, Port("TCP", HTTP)), "{}", one.name);
        for port in one.ports.iter().filter(|port| port.1 != 53) {
            assert!(!net.lets_out(&database.place, &one.place, *port), "it asks {}", one.name);
        }
    }
}

/// The API server, and the address where a cloud hands out the node's own rights: only who was opened to more may.
fn nobody_reaches_what_gives_rights(validated: &Validated, net: &Net<'_>) {
    let givers = ["the API server", "a node's rights"];
    let others = others(validated);
    let givers = others.iter().filter(|one| givers.contains(&one.name.as_str()));
    for giver in givers {
        for pod in pods_of(validated).iter().filter(|pod| !is_opened(validated, pod)) {
            for port in &giver.ports {
                let reaches = net.lets_out(&pod.place, &giver.place, *port);
                assert!(!reaches, "{} reaches {} {port:?}", pod.name, giver.name);
            }
        }
    }
}

/// Whether the spec, or whoever runs the operator, lets these pods call more than they need.
fn is_opened(validated: &Validated, pod: &Somebody) -> bool {
    let part = pod.name.rsplit_once(": ").map_or("", |(_, part)| part);
    let network = validated.network.as_ref().expect("there are policies");
    let mut tools = validated.tool_servers.iter();
    let opened = tools.any(|server| {
        Part::Tool(server.name.clone()).suffix() == part
            && tool(&server.runs).is_some_and(|tool| tool.open)
    });
    let allowed = !network.egress_to.is_empty() || !validated.chat.outgoing_allow.is_empty();
    opened || (part == "chat" && allowed)
}

/// Beside the same object there is another one of another name. What two may share is a door that is open to the whole
/// namespace: a chat's, and the numbers of the admin listeners; and only who was opened to more gets there.
fn no_path_between_two(sent: &Sent<'_>) {
    let mut second = sent.validated.clone();
    second.owner.name = format!("{}x", second.owner.name.trim_end_matches('x'));
    second.owner.uid = "another".to_owned();
    if second.owner.name == sent.validated.owner.name {
        return;
    }
    let theirs: Vec<Value> = {
        let children = build(&second).manifests().into_iter();
        children
            .filter(|(id, _)| id.kind == Kind::NetworkPolicy)
            .map(|(_, policy)| policy)
            .collect()
    };
    let net = Net(sent.of(Kind::NetworkPolicy).chain(&theirs).collect());
    let (ours, theirs) = (pods_of(sent.validated), pods_of(&second));
    for (from, to) in ours.iter().flat_map(|one| theirs.iter().map(move |other| (one, other))) {
        for port in &to.ports {
            let opened = is_opened(sent.validated, from);
            let door = port.1 == ADMIN || (to.name.ends_with(": chat") && port.1 == HTTP);
            let connects = net.connects(&from.place, &to.place, *port);
            assert!(!connects || (opened && door), "{} reaches {} {port:?}", from.name, to.name);
        }
    }
}

#[test]
fn what_replaces_a_login_reaches_the_database_whoever_migrates() {
    for policy in ["Auto", "Skip"] {
        let text = format!("database: {{migrations: {{policy: {policy}}}}}");
        let mut validated = Case::read(&text).validated().unwrap();
        let login = validated.rotation.login.as_mut().unwrap();
        login.job = Some(LoginJob { id: "0123abcd".to_owned(), retires: None });
        let sent = children::sent(&validated);
        let jobs: Vec<_> = sent.of(Kind::Job).map(children::name).collect();
        assert_eq!(jobs, ["harbor-migrate-login-0123abcd"], "{policy}");
        check(&sent);
    }
}
