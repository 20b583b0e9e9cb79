//! Everybody who reaches anybody, as text: one for each mode of the database and each type of exposure, and one where the
//! operator was told who reads metrics. `UPDATE_GOLDENS=1` writes them as they are now; look at every line that changed.

use std::{fmt::Write as _, fs, path::PathBuf};

use todochat_operator::{build::build, kinds::Kind, testing::Case, validated::Validated};

use super::{
    evaluator::{Net, Port},
    places::{Somebody, others, pods_of},
};

/// What all cases have: a model of a vendor, and a tool server of each kind.
const COMMON: &str = "\
chat:
  model: { provider: OpenAI, name: gpt-5-mini, apiKey: { name: model, key: api-key } }
  auth: { signup: Open }
toolServers:
- name: todo
- name: search
  source: { type: Image, image: { image: { repository: registry.example.com/search, tag: 3.1.0 } } }
- name: files
  source:
    type: Stdio
    stdio: { image: { repository: registry.example.com/mcp-files, tag: \"7\" }, command: [mcp-files] }
  egress: { mode: AllowAll }
";

const DATABASES: &[(&str, &str)] = &[
    ("embedded", "database: { backup: { schedule: '0 3 * * *' } }"),
    (
        "cnpg",
        "database: { mode: CNPG, cnpg: { create: { instances: 2, storage: { size: 5Gi } } } }",
    ),
    (
        "external",
        "database: { mode: External, external: { host: db.example.com, database: todo, systemRoots: true, credentials: { name: login } } }",
    ),
];

const EXPOSURES: &[(&str, &str)] = &[
    ("none", ""),
    (
        "ingress",
        "exposure: { type: Ingress, host: chat.example.com, ingress: { className: nginx } }",
    ),
    (
        "http-route",
        "exposure: { type: HTTPRoute, host: chat.example.com, httpRoute: { parentRefs: [{ name: edge }] } }",
    ),
    (
        "only-from-the-ingress-controller",
        "exposure: { type: Ingress, host: chat.example.com }\nnetwork: { ingressFrom: [{ namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: ingress } } }] }",
    ),
];

const METRICS_FROM: &str = "# operator: --metrics-from-namespace=monitoring,ingress";

/// Each with its name.
fn cases() -> Vec<(String, String)> {
    let all = DATABASES.iter().flat_map(|(database, its_yaml)| {
        EXPOSURES.iter().map(move |(exposure, and_its)| {
            (format!("{database}-{exposure}"), format!("{COMMON}{its_yaml}\n{and_its}\n"))
        })
    });
    let (database, its_yaml) = DATABASES[0];
    let named = format!("{METRICS_FROM}\n{COMMON}{its_yaml}\n");
    all.chain([(format!("{database}-metrics-from-two-namespaces"), named)]).collect()
}

fn folder() -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "tests", "pure", "network", "tables"].iter().collect()
}

fn table(validated: &Validated) -> String {
    // Beside it there is another object, of the same spec.
    let mut neighbour = validated.clone();
    neighbour.owner.name = "neighbour".to_owned();
    neighbour.owner.uid = "another".to_owned();
    let policies: Vec<_> = [validated, &neighbour]
        .into_iter()
        .flat_map(|one| build(one).manifests())
        .filter(|(id, _)| id.kind == Kind::NetworkPolicy)
        .map(|(_, policy)| policy)
        .collect();
    let net = Net(policies.iter().collect());
    let own = pods_of(validated);
    let others: Vec<_> = pods_of(&neighbour).into_iter().chain(others(validated)).collect();
    let mut text = String::new();
    for target in own.iter().chain(&others) {
        for port in &target.ports {
            let is_own = target.name.starts_with(&validated.owner.name);
            let among: &[Somebody] = if is_own { &others } else { &[] };
            let line: Vec<_> = own
                .iter()
                .chain(among)
                .filter(|one| one.name != target.name)
                .filter(|one| net.connects(&one.place, &target.place, *port))
                .map(|one| one.name.as_str())
                .collect();
            line_of(&mut text, target, *port, &line);
        }
    }
    text
}

fn line_of(text: &mut String, target: &Somebody, Port(protocol, number): Port, from: &[&str]) {
    let udp = if protocol == "UDP" { "/udp" } else { "" };
    let _ = writeln!(text, "{}, {number}{udp}", target.name);
    for name in from {
        let _ = writeln!(text, "    <- {name}");
    }
}

#[test]
fn who_reaches_whom_is_as_the_tables_say() {
    let update = std::env::vars().any(|(name, value)| name == "UPDATE_GOLDENS" && value == "1");
    let mut differing = Vec::new();
    for (name, yaml) in cases() {
        let validated = Case::read(&yaml).validated().unwrap_or_else(|why| panic!("{why:#?}"));
        let (file, now) = (folder().join(format!("{name}.txt")), table(&validated));
        if update {
            fs::create_dir_all(folder()).unwrap();
            fs::write(&file, now).unwrap();
        } else if fs::read_to_string(&file).unwrap_or_default() != now {
            differing.push(file);
        }
    }
    assert!(differing.is_empty(), "{differing:?} say something else; see the top of this file");
}
