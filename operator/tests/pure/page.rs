//! `docs/operator.md`: what people copy from it works, and what it lists is what there is.

use std::collections::BTreeSet;

use clap::{Args as _, Command, CommandFactory as _, Parser as _, error::ErrorKind};
use k8s_openapi::api::apps::v1::Deployment;
use kube_cel::{Validator, compile_schema};
use serde_json::Value;
use todochat_operator::{
    conditions::ConditionType, config::Config, crd, kubectl::KubectlArgs, offer::Offer, render,
    testing,
};

const PAGE: &str = include_str!("../../../docs/operator.md");

/// What registers metrics. A text with an underscore in it is a metric's name there, and no label has one.
const METRICS: [&str; 6] = [
    include_str!("../../src/metrics.rs"),
    include_str!("../../src/metrics/credentials.rs"),
    include_str!("../../src/metrics/objects.rs"),
    include_str!("../../src/metrics/process.rs"),
    include_str!("../../src/metrics/tools.rs"),
    include_str!("../../src/writer/metrics.rs"),
];

/// The texts between two marks.
fn between<'a>(text: &'a str, open: &str, close: &str) -> Vec<&'a str> {
    let rest = text.split(open).skip(1);
    rest.filter_map(|rest| Some(rest.split_once(close)?.0)).collect()
}

/// What stands in backticks within a line.
fn inline() -> Vec<&'static str> {
    let blocks = |line: &&str| !line.starts_with("```");
    PAGE.lines()
        .filter(blocks)
        .flat_map(|line| line.split('`').skip(1).step_by(2).collect::<Vec<_>>())
        .collect()
}

/// The manifests of this kind, in the order of the page.
fn manifests(kind: &str) -> Vec<Value> {
    let blocks = between(PAGE, "```yaml\n", "```");
    let documents = blocks.iter().map(|block| serde_saphyr::from_str::<Value>(block).unwrap());
    documents.filter(|document| document["kind"] == kind).collect()
}

/// The first member that was not read.
fn unread(given: &Value, read: &Value) -> Option<String> {
    match (given, read) {
        (Value::Object(given), Value::Object(read)) => given.iter().find_map(|(name, value)| {
            let rest = read.get(name).map_or(Some(String::new()), |read| unread(value, read))?;
            Some(format!(".{name}{rest}"))
        }),
        (Value::Array(given), Value::Array(read)) => {
            given.iter().zip(read).find_map(|(given, read)| unread(given, read))
        }
        _ => None,
    }
}

#[test]
fn its_objects_are_admitted_and_can_be_built() {
    let definition = serde_json::to_value(crd::definition()).unwrap();
    let schema = &definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"];
    let schema = compile_schema(schema);
    let objects = manifests("TodoChat");
    assert_eq!(objects.len(), 2);
    for manifest in objects {
        Validator::new().validate_compiled(&schema, &manifest, None).unwrap();
        let object: crd::TodoChat = serde_json::from_value(manifest.clone()).unwrap();
        let read = serde_json::to_value(&object).unwrap();
        assert_eq!(unread(&manifest, &read), None);
        let name = object.metadata.name.clone().unwrap();
        render::children(&object, &testing::settings(), &Offer::everything()).expect(&name);
    }
}

#[test]
fn its_deployment_runs_the_operator() {
    let [manifest] = &manifests("Deployment")[..] else { panic!("one runs the operator") };
    let deployment: Deployment = serde_json::from_value(manifest.clone()).unwrap();
    assert_eq!(unread(manifest, &serde_json::to_value(&deployment).unwrap()), None);
    let pod = deployment.spec.unwrap().template.spec.unwrap();
    let container = &pod.containers[0];
    let args = container.args.iter().flatten().map(String::as_str);
    Config::try_parse_from(["todochat-operator"].into_iter().chain(args)).unwrap();
    let variables: Vec<_> = container.env.iter().flatten().map(|env| &*env.name).collect();
    assert_eq!(variables, ["POD_NAME", "POD_NAMESPACE"]);
}

#[test]
fn its_commands_are_ours() {
    let blocks = between(PAGE, "```sh\n", "```");
    let lines = blocks.iter().flat_map(|block| block.lines()).chain(inline());
    let mut tried = 0;
    for line in lines.filter(|line| line.starts_with("todochat-operator ")) {
        let command = line.split('|').next().unwrap_or_default();
        match Config::try_parse_from(command.split_whitespace()) {
            Ok(_) => {}
            Err(error) => assert_eq!(error.kind(), ErrorKind::DisplayHelp, "{command}"),
        }
        tried += 1;
    }
    assert!(tried >= 6, "{tried}");
    let (command, plugin) =
        (Config::command(), KubectlArgs::augment_args(Command::new("todochat")));
    let run = command.find_subcommand("run").unwrap();
    let flags = run.get_arguments().chain(plugin.get_arguments());
    let known: BTreeSet<_> = flags.filter_map(|flag| flag.get_long()).collect();
    for flag in inline().iter().filter_map(|code| code.strip_prefix("--")) {
        let flag = flag.split('=').next().unwrap_or_default();
        assert!(known.contains(flag), "there is no --{flag}");
    }
}

#[test]
fn it_tells_of_every_condition() {
    for kind in ConditionType::ALL {
        assert!(PAGE.contains(&format!("\n| `{}` | ", kind.as_str())), "{kind:?}");
    }
}

#[test]
fn it_tells_of_every_metric_and_of_no_other() {
    let texts = METRICS.iter().flat_map(|source| source.split('"').skip(1).step_by(2));
    let texts = texts.map(|text| text.trim_start_matches("{PREFIX}_"));
    let is_name = |text: &&str| {
        text.contains('_') && text.chars().all(|c| c.is_ascii_lowercase() || c == '_')
    };
    let mut names: BTreeSet<_> = texts.filter(is_name).collect();
    names.remove("todochat_operator"); // the prefix
    names.insert("leader");
    // What every program tells of itself (`todochat_service::process`).
    names.extend([
        "process_cpu_seconds_total",
        "process_memory_limit_bytes",
        "process_resident_memory_bytes",
    ]);
    let section = between(PAGE, "## Metrics\n", "\n## ")[0];
    let rows = section.lines().filter(|line| line.starts_with("| ")).skip(1);
    let told: BTreeSet<_> = rows
        .flat_map(|row| row.rsplit(" | ").next().unwrap_or_default().split('`').skip(1).step_by(2))
        .collect();
    assert_eq!(told, names);
}
