//! What pods are made of, ingredient by ingredient, so that a rollout can say why it takes place.
//!
//! ```text
//! build   template + what the pods read at start ─▶ MadeOf ─▶ annotation of the Deployment (not of its pods)
//! watch   annotation ─▶ MadeOf of what runs ─┐
//! look    MadeOf of what shall run ──────────┴▶ causes: "the image and the flags"
//! ```
//!
//! Of each ingredient two bytes of a hash are kept: enough to see that it has changed, and no use to anybody who would guess at
//! it. Two that are equal by chance cost a word in an event.

use std::{fmt, str::FromStr};

use k8s_openapi::api::core::v1::PodTemplateSpec;
use serde_json::{Value, json};

use crate::{apply::canonical, names::INPUTS_ANNOTATION};

/// One of the things that pods are made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ingredient {
    /// Images.
    Image,
    /// Commands and arguments.
    Flags,
    /// Environment variables.
    Environment,
    /// Requests and limits.
    Resources,
    /// The operator's own ConfigMap.
    Configuration,
    /// The keys that tokens are signed with.
    SigningKeys,
    /// The login of the database.
    Login,
    /// The tokens of tool servers.
    Tokens,
    /// Secrets and ConfigMaps that people name.
    References,
    /// Where pods may run.
    Placement,
    /// Labels and annotations.
    Labels,
    /// All the rest.
    Shape,
}

/// In the order in which they are written down; a release may add some at the end.
const INGREDIENTS: [(Ingredient, &str); 12] = [
    (Ingredient::Image, "the image"),
    (Ingredient::Flags, "the flags"),
    (Ingredient::Environment, "the environment"),
    (Ingredient::Resources, "the resources"),
    (Ingredient::Configuration, "the configuration (tool servers, issuers, prompt)"),
    (Ingredient::SigningKeys, "the signing keys"),
    (Ingredient::Login, "the database's login"),
    (Ingredient::Tokens, "a tool server's token"),
    (Ingredient::References, "a Secret or ConfigMap that the spec names"),
    (Ingredient::Placement, "where they may run"),
    (Ingredient::Labels, "their labels or annotations"),
    (Ingredient::Shape, "what every pod of the release has"),
];

/// What the pods of a Deployment are made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MadeOf([u16; INGREDIENTS.len()]);

impl MadeOf {
    /// What pods of this template are made of that read this at start.
    pub fn new(template: &PodTemplateSpec, read: &[(Ingredient, String)]) -> Self {
        let mut template = json!(template);
        let containers = taken(&mut template["spec"], &["initContainers", "containers"]);
        let containers: Vec<Value> = containers.into_iter().flat_map(items).collect();
        let of_each = |fields: &[&str]| {
            let of_one = |one: &Value| fields.iter().map(|it| one[*it].clone()).collect::<Value>();
            containers.iter().map(of_one).collect::<Value>()
        };
        let placement = taken(&mut template["spec"], PLACEMENT);
        let metadata = &mut template["metadata"];
        if let Some(annotations) = metadata["annotations"].as_object_mut() {
            annotations.remove(INPUTS_ANNOTATION);
        }
        let labels = taken(metadata, &["labels", "annotations"]);
        let shape = json!([
            of_each(&["ports", "lifecycle", "volumeMounts", "securityContext"]),
            template["spec"]
        ]);
        Self(INGREDIENTS.map(|(ingredient, _)| match ingredient {
            Ingredient::Image => short(&of_each(&["image"])),
            Ingredient::Flags => short(&of_each(&["command", "args"])),
            Ingredient::Environment => short(&of_each(&["env"])),
            Ingredient::Resources => short(&of_each(&["resources"])),
            Ingredient::Placement => short(&json!(placement)),
            Ingredient::Labels => short(&json!(labels)),
            Ingredient::Shape => short(&shape),
            other => {
                let read = read.iter().filter(|(it, _)| *it == other).map(|(_, read)| read);
                short(&json!(read.collect::<Vec<_>>()))
            }
        }))
    }

    /// Whether only the operator can have changed this, if nobody has changed the spec.
    pub fn is_of_another_operator(&self, now: &Self) -> bool {
        let of_people = [
            Ingredient::SigningKeys,
            Ingredient::Login,
            Ingredient::Tokens,
            Ingredient::References,
        ];
        let mut pairs = self.0.iter().zip(&now.0).zip(INGREDIENTS);
        pairs.any(|((was, is), (ingredient, _))| was != is && !of_people.contains(&ingredient))
    }

    /// What is another now, in words; empty if nothing is.
    pub fn causes(&self, now: &Self) -> String {
        let pairs = self.0.iter().zip(&now.0).zip(INGREDIENTS);
        let words: Vec<_> =
            pairs.filter(|((was, is), _)| was != is).map(|(_, (_, words))| words).collect();
        match words.split_last() {
            None => String::new(),
            Some((last, [])) => (*last).to_owned(),
            Some((last, others)) => format!("{} and {last}", others.join(", ")),
        }
    }
}

const PLACEMENT: &[&str] = &[
    "nodeSelector",
    "tolerations",
    "affinity",
    "topologySpreadConstraints",
    "priorityClassName",
    "runtimeClassName",
];

fn taken(object: &mut Value, fields: &[&str]) -> Vec<Value> {
    fields.iter().map(|field| object[*field].take()).collect()
}

fn items(list: Value) -> Vec<Value> {
    match list {
        Value::Array(items) => items,
        _ => Vec::new(),
    }
}

fn short(value: &Value) -> u16 {
    u16::from_str_radix(&canonical::hash(value)[..4], 16).expect("a hash is hexadecimal")
}

impl fmt::Display for MadeOf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|one| write!(f, "{one:04x}"))
    }
}

/// What another release has written is not understood, and nobody is told causes by it.
#[derive(Debug, PartialEq, Eq)]
pub struct NotOfThisRelease;

impl FromStr for MadeOf {
    type Err = NotOfThisRelease;

    fn from_str(text: &str) -> Result<Self, NotOfThisRelease> {
        if text.len() != 4 * INGREDIENTS.len() || !text.bytes().all(|it| it.is_ascii_hexdigit()) {
            return Err(NotOfThisRelease);
        }
        let mut all = [0; INGREDIENTS.len()];
        for (index, one) in all.iter_mut().enumerate() {
            let digits = &text[4 * index..4 * (index + 1)];
            *one = u16::from_str_radix(digits, 16).map_err(|_| NotOfThisRelease)?;
        }
        Ok(Self(all))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(template: &Value, read: &[(Ingredient, String)]) -> MadeOf {
        MadeOf::new(&serde_json::from_value(template.clone()).unwrap(), read)
    }

    fn template() -> Value {
        json!({
            "metadata": {"labels": {"a": "b"}, "annotations": {INPUTS_ANNOTATION: "1"}},
            "spec": {"containers": [{"name": "chat", "image": "chat:1", "args": ["--listen=:80"],
                "volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}]}]},
        })
    }

    /// What is another when `change` is made of the template.
    fn causes(change: impl FnOnce(&mut Value)) -> String {
        let mut changed = template();
        change(&mut changed);
        made(&template(), &[]).causes(&made(&changed, &[]))
    }

    #[test]
    fn each_change_has_its_word() {
        let chat = |template: &mut Value, field: &str, value: Value| {
            template["spec"]["containers"][0][field] = value;
        };
        assert_eq!(causes(|_| {}), "");
        assert_eq!(causes(|it| chat(it, "image", json!("chat:2"))), "the image");
        assert_eq!(causes(|it| chat(it, "args", json!(["--listen=:81"]))), "the flags");
        assert_eq!(
            causes(|it| chat(it, "env", json!([{"name": "A", "value": "b"}]))),
            "the environment"
        );
        assert_eq!(
            causes(|it| chat(it, "resources", json!({"limits": {"memory": "1Gi"}}))),
            "the resources"
        );
        assert_eq!(
            causes(|it| it["spec"]["nodeSelector"] = json!({"a": "b"})),
            "where they may run"
        );
        assert_eq!(
            causes(|it| it["metadata"]["labels"]["a"] = json!("c")),
            "their labels or annotations"
        );
        assert_eq!(
            causes(|it| it["spec"]["terminationGracePeriodSeconds"] = json!(9)),
            "what every pod of the release has"
        );
    }

    #[test]
    fn what_pods_read_has_its_word_and_its_hash_alone_has_none() {
        let read = |ingredient, what: &str| made(&template(), &[(ingredient, what.to_owned())]);
        let one = read(Ingredient::Login, "1");
        assert_eq!(one.causes(&read(Ingredient::Login, "2")), "the database's login");
        assert_eq!(
            one.causes(&read(Ingredient::SigningKeys, "1")),
            "the signing keys and the database's login"
        );
        assert_eq!(causes(|it| it["metadata"]["annotations"][INPUTS_ANNOTATION] = json!("2")), "");
    }

    #[test]
    fn it_is_read_as_it_was_written_and_nothing_else_is() {
        let one = made(&template(), &[]);
        assert_eq!(one.to_string().parse(), Ok(one));
        for other in ["", "zz", &one.to_string()[1..], &"é".repeat(24)] {
            assert_eq!(other.parse::<MadeOf>(), Err(NotOfThisRelease), "{other}");
        }
    }
}
