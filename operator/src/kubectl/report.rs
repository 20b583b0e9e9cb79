//! `kubectl todochat report`: all that helps those who are asked for help, as one stream of YAML documents, without secrets.
//!
//! ```text
//! gather: the object, its children, events, the operator, logs ─▶ Gathered ─▶ redact ─▶ YAML
//! ```
//!
//! What cannot be read is named in the first document, and the rest is there all the same.

mod gather;

use std::{fs, path::PathBuf};

use anyhow::Context as _;
use clap::Args;
use serde_json::{Value, json};

use super::{
    place::{Place, say},
    redact,
};
use crate::render;

/// Of what, and where to.
#[derive(Debug, Clone, Args)]
pub(super) struct ReportArgs {
    /// The object
    #[arg(value_name = "NAME")]
    name: String,
    /// The file to write; standard output if there is none
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// The namespace that the operator runs in
    #[arg(long, value_name = "NAMESPACE", default_value = "todochat-system")]
    operator_namespace: String,
    /// How many lines of each container's log
    #[arg(long, value_name = "N", default_value = "200")]
    lines: u32,
}

/// What was found, as it was found.
#[derive(Default)]
struct Gathered {
    /// The versions of everything.
    versions: Value,
    /// What could not be read, and why.
    missed: Vec<String>,
    /// Objects of any kind.
    objects: Vec<Value>,
    /// What containers have said.
    logs: Vec<Log>,
}

/// The end of what a container has said.
struct Log {
    pod: String,
    container: String,
    text: String,
}

pub(super) async fn report(place: &Place, args: &ReportArgs) -> anyhow::Result<()> {
    let gathered = gather::gather(place, args).await?;
    let bundle = bundle(gathered)?;
    let Some(file) = &args.output else { return say(&bundle) };
    fs::write(file, bundle).with_context(|| format!("could not write {}", file.display()))?;
    say(&format!("{} written; look it through before you pass it on\n", file.display()))
}

/// The documents. Nothing goes into them but through `redact`.
fn bundle(gathered: Gathered) -> anyhow::Result<String> {
    let Gathered { versions, missed, objects, logs } = gathered;
    let head = json!({"kind": "Report", "versions": versions, "couldNotBeRead": missed});
    let mut documents: Vec<Value> = [head].into_iter().chain(objects).collect();
    documents.iter_mut().for_each(redact::object);
    documents.extend(logs.into_iter().map(|log| {
        // As a whole: a key may be longer than a line.
        let text = redact::text(&log.text);
        let lines: Vec<&str> = text.lines().collect();
        json!({"kind": "Log", "pod": log.pod, "container": log.container, "lines": lines})
    }));
    render::yaml(&documents)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_secret_comes_through_by_any_door() {
        let secret = json!({
            "apiVersion": "v1", "kind": "Secret", "metadata": {"name": "team-db"},
            "data": {"password": "cGxhbnRlZA==", "url": "cGxhbnRlZC11cmw="},
        });
        let object = json!({
            "kind": "TodoChat", "metadata": {"name": "team", "annotations": {"note": "password=planted-1"}},
            "spec": {"chat": {"pod": {"env": [{"name": "MODEL_KEY", "value": "planted-2"}]}}},
        });
        let config = json!({"kind": "ConfigMap", "data": {"issuers.json": "{\"client_secret\": \"planted-3\"}"}});
        let event = json!({"kind": "Event", "note": "could not reach postgres://u:planted-4@h/d"});
        let text = "one\nAuthorization: Bearer planted-5\n-----BEGIN PRIVATE KEY-----\nplanted\n-----END PRIVATE KEY-----\nlast";
        let log = Log { pod: "p".to_owned(), container: "c".to_owned(), text: text.to_owned() };
        let shown = bundle(Gathered {
            versions: json!({"kubernetes": "v1.35.0"}),
            missed: vec!["logs of p: token=planted-6".to_owned()],
            objects: vec![object, secret, config, event],
            logs: vec![log],
        })
        .unwrap();
        assert!(!shown.contains("planted") && !shown.contains("cGxhbnRl"), "{shown}");
        for kept in ["v1.35.0", "team-db", "MODEL_KEY", "issuers.json", "one", "last"] {
            assert!(shown.contains(kept), "{kept}: {shown}");
        }
    }

    #[test]
    fn the_report_is_a_stream_of_documents() {
        let gathered = Gathered { objects: vec![json!({"kind": "Pod"})], ..Gathered::default() };
        let documents: Vec<Value> =
            serde_saphyr::from_multiple(&bundle(gathered).unwrap()).unwrap();
        let kinds: Vec<&Value> = documents.iter().map(|document| &document["kind"]).collect();
        assert_eq!(kinds, ["Report", "Pod"]);
    }
}
