//! `todochat-operator render FILE`: what the objects of a file become, by the same code that runs in the cluster, without one.
//! What the objects point at, and all that a cluster may lack, is taken to be there; of Secrets only the recipe is shown.

mod unknown;

use std::{fs, io::Read as _};

use anyhow::{Context as _, bail};
use kube::ResourceExt as _;
use serde_json::{Value, json};

pub use self::unknown::unknown_fields;
use crate::{
    build::build,
    children::{Children, Entry, Prepared, SecretPlan},
    config::RenderArgs,
    crd::TodoChat,
    fetched::Fetched,
    kinds::Kind,
    offer::Offer,
    settings::Settings,
    validate::validate,
};

/// The children of every `TodoChat` in the file, as YAML documents.
pub fn render(args: &RenderArgs) -> anyhow::Result<String> {
    let settings = args.settings.settings(&args.operator_namespace);
    let (offer, mut documents) = (Offer::everything(), Vec::new());
    for object in objects(args)? {
        documents.extend(manifests(&children(&object, &settings, &offer)?));
        documents.extend(manifests(&jobs(&object, &settings, &offer)));
    }
    yaml(&documents)
}

/// The Jobs that bring it there: done, they are not made again.
fn jobs(object: &TodoChat, settings: &Settings, offer: &Offer) -> Children<Prepared> {
    let mut fetched = Fetched::assumed(object, settings, offer);
    fetched.world.children.retain(|id, _| id.kind != Kind::Job);
    let mut jobs = Children::default();
    if let Ok(validated) = validate(object, &fetched, settings) {
        jobs.jobs = build(&validated).jobs;
    }
    jobs
}

/// Several values as YAML documents.
pub fn yaml(documents: &[Value]) -> anyhow::Result<String> {
    let mut text = String::new();
    for document in documents {
        text.push_str("---\n");
        text.push_str(serde_saphyr::to_string(document)?.trim_start_matches("---\n"));
    }
    Ok(text)
}

/// The `TodoChat` objects of the file; a namespace that is not named is the one of the flags.
pub fn objects(args: &RenderArgs) -> anyhow::Result<Vec<TodoChat>> {
    let text = read(args).with_context(|| format!("could not read {}", args.file.display()))?;
    let documents: Vec<Value> = serde_saphyr::from_multiple(&text)
        .with_context(|| format!("{} is not YAML", args.file.display()))?;
    let mut objects = Vec::new();
    for document in documents.into_iter().filter(|document| document["kind"] == "TodoChat") {
        let name = document["metadata"]["name"].as_str().unwrap_or_default().to_owned();
        refuse_unknown(&name, &document)?;
        let mut object: TodoChat = serde_json::from_value(document)
            .with_context(|| format!("the TodoChat `{name}` cannot be read"))?;
        object.metadata.namespace.get_or_insert_with(|| args.namespace.clone());
        object
            .metadata
            .uid
            .get_or_insert_with(|| "00000000-0000-0000-0000-000000000000".to_owned());
        object.metadata.generation.get_or_insert(1);
        objects.push(object);
    }
    if objects.is_empty() {
        bail!("{} holds no TodoChat", args.file.display());
    }
    Ok(objects)
}

/// A word that is misspelt would be passed over, and what it was to say would not come to be.
fn refuse_unknown(name: &str, document: &Value) -> anyhow::Result<()> {
    let unknown = unknown_fields(document);
    let unknown: Vec<_> = unknown.iter().map(|path| format!("unknown field \"{path}\"")).collect();
    if unknown.is_empty() {
        return Ok(());
    }
    bail!("the TodoChat `{name}` cannot be read: {}", unknown.join(", "))
}

fn read(args: &RenderArgs) -> std::io::Result<String> {
    if args.file.as_os_str() != "-" {
        return fs::read_to_string(&args.file);
    }
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text)?;
    Ok(text)
}

/// What the object becomes in a cluster that offers this, once everything it points at is there and its database is up to date.
pub fn children(
    object: &TodoChat,
    settings: &Settings,
    offer: &Offer,
) -> anyhow::Result<Children<Prepared>> {
    let fetched = Fetched::assumed(object, settings, offer);
    match validate(object, &fetched, settings) {
        Ok(validated) => Ok(build(&validated)),
        Err(refusals) => {
            let reasons: Vec<String> = refusals
                .iter()
                .map(|refusal| format!("{}: {}", refusal.reason, refusal.message))
                .collect();
            bail!(
                "the TodoChat `{}` cannot be built:\n  {}",
                object.name_any(),
                reasons.join("\n  ")
            )
        }
    }
}

/// The children as they would be sent, in that order; Secrets as recipes.
pub fn manifests(children: &Children<Prepared>) -> Vec<Value> {
    let secrets = children.secrets.iter().map(recipe);
    secrets.chain(children.manifests().into_iter().map(|(_, manifest)| manifest)).collect()
}

/// A Secret with what its entries are made of in place of its content.
pub fn recipe(plan: &SecretPlan) -> Value {
    let entries: serde_json::Map<String, Value> = plan
        .entries
        .iter()
        .map(|(key, entry)| (key.clone(), Value::String(describe(entry))))
        .collect();
    json!({ "apiVersion": "v1", "kind": "Secret", "metadata": plan.metadata, "stringData": entries })
}

fn describe(entry: &Entry) -> String {
    match entry {
        Entry::Random(bytes) => format!("<{bytes} random bytes, made once>"),
        Entry::TakenOver { by } => format!("<the password made ready for {by}>"),
        Entry::SigningKeys(_) => "<a key ring, made once>".to_owned(),
        Entry::PublicKeys { of } => format!("<the public keys of {of}>"),
        Entry::Text(text) | Entry::Default(text) => text.clone(),
        Entry::DatabaseUrl(parts) => {
            let parameters = if parts.parameters.is_empty() {
                String::new()
            } else {
                format!("?{}", parts.parameters)
            };
            format!(
                "<postgres://USER:PASSWORD@{}:{}/{}{parameters}>",
                parts.host, parts.port, parts.database
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{object, settings};

    #[test]
    fn the_job_that_brings_the_schema_is_shown_and_not_of_whom_others_migrate() {
        let names = |spec: &str| -> Vec<String> {
            let jobs = jobs(&object(spec), &settings(), &Offer::everything()).jobs;
            jobs.iter().map(kube::ResourceExt::name_any).collect()
        };
        let made = names("{}");
        assert!(matches!(&made[..], [name] if name.contains("-migrate-")), "{made:?}");
        assert_eq!(names("{database: {migrations: {policy: Skip}}}"), Vec::<String>::new());
    }
}
