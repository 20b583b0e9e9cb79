//! Who there is: the pods of an object, those of another one, and everybody else.

use std::{collections::BTreeMap, net::IpAddr};

use todochat_operator::{
    names::Part,
    validated::{DatabaseRuns, Owner, Runs, Validated},
};

use super::evaluator::{Labels, Place, Pod, Port};

pub(super) const HTTP: i64 = 8080;
pub(super) const ADMIN: i64 = 9090;
pub(super) const DATABASE: i64 = 5432;

/// Somebody, and what can be asked of them.
#[derive(Clone, Debug)]
pub(super) struct Somebody {
    pub(super) name: String,
    pub(super) place: Place,
    pub(super) ports: Vec<Port>,
}

/// The port of a tool server of which the pods are the object's own, whether it works on the database, and whether it may call
/// more than it needs.
pub(super) struct Tool {
    pub(super) port: i64,
    pub(super) stores: bool,
    pub(super) open: bool,
}

pub(super) fn tool(runs: &Runs) -> Option<Tool> {
    let (port, stores, pods) = match runs {
        Runs::Todo(pods) => (8081, true, pods),
        Runs::Image { port, pods, .. } => (i64::from(*port), false, pods),
        Runs::Stdio { pods, .. } => (8080, false, pods),
        Runs::Remote { .. } => return None,
    };
    let open = pods.egress.as_ref().is_none_or(|listed| !listed.is_empty());
    Some(Tool { port, stores, open })
}

/// The pods that an object has, or may have at some time.
pub(super) fn parts(validated: &Validated) -> Vec<(Part, Vec<i64>)> {
    let tools = validated.tool_servers.iter().filter_map(|server| {
        let ours = !matches!(server.runs, Runs::Image { .. });
        let ports = [tool(&server.runs)?.port].into_iter().chain(ours.then_some(ADMIN));
        Some((Part::Tool(server.name.clone()), ports.collect()))
    });
    let database = match &validated.database.runs {
        DatabaseRuns::Embedded(embedded) => {
            let backup = embedded.backup.is_some().then(|| (Part::Backup, Vec::new()));
            [Some((Part::Database, vec![DATABASE])), backup]
        }
        _ => [None, None],
    };
    // Whoever migrates: a login that takes turns is replaced by such pods too.
    let turns = validated.rotation.login.iter().map(|_| "login");
    let migration = validated.migration.iter().map(|one| one.version.as_str()).chain(turns).take(1);
    let migration = migration.map(|version| (Part::Migration(version.to_owned()), Vec::new()));
    [(Part::Chat, vec![HTTP, ADMIN])]
        .into_iter()
        .chain(tools)
        .chain(database.into_iter().flatten())
        .chain(migration)
        .collect()
}

/// The pods of an object.
pub(super) fn pods_of(validated: &Validated) -> Vec<Somebody> {
    let Owner { namespace, name, .. } = &validated.owner;
    let parts = parts(validated).into_iter();
    parts
        .map(|(part, ports)| Somebody {
            name: format!("{name}: {}", part.suffix()),
            place: pod(namespace, part.labels(name), &ports),
            ports: ports.into_iter().map(|number| Port("TCP", number)).collect(),
        })
        .collect()
}

/// Everybody who belongs to no object.
pub(super) fn others(validated: &Validated) -> Vec<Somebody> {
    let own = &validated.owner.namespace;
    let app = |name: &str| Labels::from([("app".to_owned(), name.to_owned())]);
    let cluster = match &validated.database.runs {
        DatabaseRuns::Cnpg { cluster, .. } => cluster.as_str(),
        _ => "some",
    };
    let cluster = Labels::from([("cnpg.io/cluster".to_owned(), cluster.to_owned())]);
    let somebody = |name: &str, place: Place, ports: &[Port]| Somebody {
        name: name.to_owned(),
        place,
        ports: ports.to_vec(),
    };
    let tcp = |number| Port("TCP", number);
    vec![
        somebody("a pod of the namespace", pod(own, app("stranger"), &[HTTP]), &[tcp(HTTP)]),
        somebody("CloudNativePG's cluster", pod(own, cluster, &[DATABASE]), &[tcp(DATABASE)]),
        somebody("a pod elsewhere", pod("elsewhere", app("stranger"), &[HTTP]), &[tcp(HTTP)]),
        somebody("ingress controller", pod("ingress", app("proxy"), &[443]), &[tcp(443)]),
        somebody("Prometheus", pod("monitoring", app("prometheus"), &[ADMIN]), &[tcp(ADMIN)]),
        somebody("the operator", pod("todochat-system", app("operator"), &[ADMIN]), &[tcp(ADMIN)]),
        somebody("name server", pod("kube-system", app("dns"), &[]), &[Port("UDP", 53), tcp(53)]),
        somebody("a model in the cluster", pod("models", app("ollama"), &[11434]), &[tcp(11434)]),
        somebody("the internet", outside("8.8.4.4"), &[tcp(443), tcp(80), tcp(25), tcp(DATABASE)]),
        somebody("a private address", outside("192.168.7.7"), &[tcp(443), tcp(DATABASE)]),
        somebody("the API server", outside("172.18.0.2"), &[tcp(6443), tcp(443)]),
        somebody("a node's rights", outside("169.254.169.254"), &[tcp(80)]),
    ]
}

fn outside(address: &str) -> Place {
    Place { pod: None, address: address.parse().expect("an address") }
}

fn pod(namespace: &str, labels: Labels, ports: &[i64]) -> Place {
    let name = |number: &i64| (if *number == ADMIN { "admin" } else { "http" }).to_owned();
    let label = ("kubernetes.io/metadata.name".to_owned(), namespace.to_owned());
    let pod = Pod {
        namespace: namespace.to_owned(),
        namespace_labels: Labels::from([label]),
        labels,
        ports: ports.iter().map(|number| (name(number), *number)).collect::<BTreeMap<_, _>>(),
    };
    Place { pod: Some(pod), address: IpAddr::from([10, 244, 0, 9]) }
}
