//! Pods: what they ask for, whether they are asked how they are, and whether they find what they are told to look for.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use todochat_operator::kinds::Kind;

use super::{Sent, Workload, items, name, strings};

pub(super) fn check(sent: &Sent<'_>) {
    for workload in sent.workloads() {
        for container in workload.all_containers() {
            check_resources(&workload, container);
        }
        for container in workload.containers().filter(|_| workload.is_server()) {
            check_probes(&workload, container);
        }
        check_account(sent, &workload);
        check_mounts(&workload);
        let mounted = mounted(sent, &workload);
        check_files(&workload, &mounted);
        check_config(sent, &workload, &mounted);
        check_end(&workload);
    }
}

fn check_resources(workload: &Workload<'_>, container: &Value) {
    for (kind, amounts) in [
        ("requests", &["cpu", "memory", "ephemeral-storage"][..]),
        ("limits", &["memory", "ephemeral-storage"]),
    ] {
        for amount in amounts {
            let set = container["resources"][kind][*amount].is_string();
            assert!(set, "{}: no {amount} in {kind}", workload.name);
        }
    }
    assert_eq!(container["imagePullPolicy"], "IfNotPresent");
    assert!(container["image"].is_string());
}

fn check_probes(workload: &Workload<'_>, container: &Value) {
    for probe in ["startupProbe", "readinessProbe", "livenessProbe"] {
        let probe = container[probe].as_object().unwrap_or_else(|| panic!("{}", workload.name));
        let ways = ["httpGet", "tcpSocket", "exec"];
        assert_eq!(ways.iter().filter(|way| probe.contains_key(**way)).count(), 1);
    }
    let port = &container["livenessProbe"]["httpGet"]["port"];
    if !port.is_null() {
        let open = items(&container["ports"]).any(|open| open["name"] == *port);
        assert!(open, "{}: asked at {port}", workload.name);
        assert_eq!(container["livenessProbe"]["httpGet"]["path"], "/livez");
        assert_eq!(container["readinessProbe"]["httpGet"]["path"], "/readyz");
    }
}

fn check_account(sent: &Sent<'_>, workload: &Workload<'_>) {
    let pod = &workload.template["spec"];
    let mut accounts = sent.of(Kind::ServiceAccount);
    assert!(
        accounts.any(|account| name(account) == pod["serviceAccountName"]),
        "{}",
        workload.name
    );
    assert_eq!(pod["automountServiceAccountToken"], false);
    assert_eq!(pod["enableServiceLinks"], false);
}

fn check_mounts(workload: &Workload<'_>) {
    let volumes: BTreeSet<_> = items(&workload.template["spec"]["volumes"])
        .map(|volume| &volume["name"])
        .map(text)
        .collect();
    let mut mounted = BTreeSet::new();
    for container in workload.all_containers() {
        let mut paths = BTreeSet::new();
        for mount in items(&container["volumeMounts"]) {
            mounted.insert(text(&mount["name"]));
            assert!(paths.insert(text(&mount["mountPath"])), "{}: {mount} twice", workload.name);
        }
    }
    assert_eq!(volumes, mounted, "{}: volumes and mounts", workload.name);
    assert!(volumes.contains("tmp"));
}

/// The files that the main container finds, and the ConfigMap or Secret that each comes from.
fn mounted<'a>(sent: &'a Sent<'_>, workload: &'a Workload<'_>) -> BTreeSet<String> {
    let pod = &workload.template["spec"];
    let volumes: BTreeMap<_, _> =
        items(&pod["volumes"]).map(|volume| (text(&volume["name"]), volume)).collect();
    let mounts = workload.containers().flat_map(|container| items(&container["volumeMounts"]));
    mounts
        .flat_map(|mount| {
            let folder = text(&mount["mountPath"]);
            let files = files(sent, volumes[text(&mount["name"])]);
            files.into_iter().map(move |file| format!("{folder}/{file}"))
        })
        .collect()
}

fn files(sent: &Sent<'_>, volume: &Value) -> Vec<String> {
    if let Some(secret) = volume["secret"].as_object() {
        assert_eq!(secret["defaultMode"], 0o440);
        return projected(sent, text(&secret["secretName"]), &secret["items"], Kind::Secret);
    }
    if let Some(source) = volume["projected"].as_object() {
        assert_eq!(source["defaultMode"], 0o440);
        return items(&source["sources"]).flat_map(|source| source_files(sent, source)).collect();
    }
    if let Some(source) = volume["configMap"].as_object() {
        let items = source.get("items").unwrap_or(&Value::Null);
        return projected(sent, text(&source["name"]), items, Kind::ConfigMap);
    }
    if let Some(claim) = volume["persistentVolumeClaim"].as_object() {
        let mut claims = sent.of(Kind::PersistentVolumeClaim);
        // A restore reads the backups of another object.
        let of_another = text(&claim["claimName"]).ends_with("-backup");
        let own = claims.any(|own| name(own) == claim["claimName"]);
        assert!(own || of_another, "no claim {claim:?}");
    }
    Vec::new()
}

fn source_files(sent: &Sent<'_>, source: &Value) -> Vec<String> {
    let (source, kind) = match source.get("secret") {
        Some(secret) => (secret, Kind::Secret),
        None => (&source["configMap"], Kind::ConfigMap),
    };
    projected(sent, text(&source["name"]), &source["items"], kind)
}

/// The files made of entries. Those of our own must be entries that there are.
fn projected(sent: &Sent<'_>, from: &str, listed: &Value, kind: Kind) -> Vec<String> {
    let own = own_entries(sent, from, kind);
    let keys: Vec<_> = items(listed).map(|item| text(&item["key"])).collect();
    if let Some(own) = &own {
        assert!(keys.iter().all(|key| own.contains(*key)), "{from} has no {keys:?}");
    }
    match listed {
        Value::Null => own.expect("only our own are mounted whole").into_iter().collect(),
        listed => items(listed).map(|item| text(&item["path"]).to_owned()).collect(),
    }
}

fn own_entries(sent: &Sent<'_>, from: &str, kind: Kind) -> Option<BTreeSet<String>> {
    if kind == Kind::Secret {
        let mut plans = sent.children.secrets.iter();
        let plan = plans.find(|plan| plan.metadata.name.as_deref() == Some(from))?;
        return Some(plan.entries.keys().cloned().collect());
    }
    let config_map = sent.of(Kind::ConfigMap).find(|own| name(own) == from)?;
    Some(config_map["data"].as_object()?.keys().cloned().collect())
}

/// Every file and folder of ours that the command line or the environment names is there.
fn check_files(workload: &Workload<'_>, mounted: &BTreeSet<String>) {
    for container in workload.containers() {
        let words = strings(&container["args"]).chain(strings(&container["command"]));
        let values = items(&container["env"]).filter_map(|variable| variable["value"].as_str());
        for named in words.chain(values).filter_map(file) {
            let folder = format!("{named}/");
            let there = mounted.iter().any(|file| file == named || file.starts_with(&folder));
            assert!(there, "{}: there is no {named}", workload.name);
        }
    }
}

/// The file of ours that a word names: `--x-file=/etc/todochat/…` or `/etc/todochat/…`.
fn file(word: &str) -> Option<&str> {
    let path = word.split_once('=').map_or(word, |(_, path)| path);
    path.starts_with("/etc/todochat/").then_some(path)
}

/// The same for what its ConfigMap names.
fn check_config(sent: &Sent<'_>, workload: &Workload<'_>, mounted: &BTreeSet<String>) {
    if workload.name != format!("{}-chat", sent.owner()) {
        return;
    }
    let config_map = sent.of(Kind::ConfigMap).next().unwrap();
    let servers: Value =
        serde_json::from_str(text(&config_map["data"]["tool-servers.json"])).unwrap();
    for server in items(&servers["servers"]) {
        let headers = items(&server["headers"]).map(|header| &header["value_file"]);
        let named = headers.chain([&server["auth"]["token_file"], &server["ca_file"]]);
        for file in named.filter_map(Value::as_str) {
            assert!(mounted.contains(file), "there is no {file}");
        }
    }
}

/// A server has time to say farewell and to drain.
fn check_end(workload: &Workload<'_>) {
    for container in workload.containers().filter(|_| workload.kind == Kind::Deployment) {
        assert_eq!(container["lifecycle"]["preStop"]["sleep"]["seconds"], 5);
        let grace = workload.template["spec"]["terminationGracePeriodSeconds"].as_i64().unwrap();
        assert!(grace >= 15);
        let rolling = &workload.object["spec"]["strategy"]["rollingUpdate"];
        assert_eq!((&rolling["maxUnavailable"], &rolling["maxSurge"]), (&0.into(), &1.into()));
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text"))
}
