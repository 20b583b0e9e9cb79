//! Objects and their worlds for tests of what comes after `validate`. Nothing here reads a file or a clock.

mod case;

use kube::core::ObjectMeta;

use crate::{
    crd::{TodoChat, TodoChatSpec},
    fetched::Fetched,
    offer::Offer,
    settings::{Images, Settings},
    validate::validate,
    validated::Validated,
};

pub use self::case::{Case, Progress};

/// The object's name unless the YAML says another; unlike the product's, so that neither passes for the other.
pub const NAME: &str = "harbor";
/// Its namespace.
pub const NAMESPACE: &str = "pier";
/// Its uid.
pub const UID: &str = "5f0c9d0e-0000-4000-8000-00000000abcd";

/// A `TodoChat` from YAML: the whole object, or its spec alone. Name, namespace and uid are filled in.
///
/// Panics when the YAML is not one.
pub fn object(yaml: &str) -> TodoChat {
    let whole = yaml.lines().any(|line| line.starts_with("kind:"));
    let mut object = if whole {
        serde_saphyr::from_str(yaml).expect("the YAML is a TodoChat")
    } else {
        let yaml = if yaml.trim().is_empty() { "{}" } else { yaml };
        let spec: TodoChatSpec = serde_saphyr::from_str(yaml).expect("the YAML is a spec");
        TodoChat { metadata: ObjectMeta::default(), spec, status: None }
    };
    let metadata = &mut object.metadata;
    metadata.name.get_or_insert_with(|| NAME.to_owned());
    metadata.namespace.get_or_insert_with(|| NAMESPACE.to_owned());
    metadata.uid.get_or_insert_with(|| UID.to_owned());
    metadata.generation.get_or_insert(1);
    object
}

/// What an operator is told at start.
pub fn settings() -> Settings {
    Settings {
        images: Images {
            chat_server: "images.example/todochat/chat-server:1.4.2".to_owned(),
            mcp_server: "images.example/todochat/mcp-server:1.4.2".to_owned(),
            postgres: "images.example/postgres:18.1".to_owned(),
        },
        allowed_registries: Vec::new(),
        operator_namespace: "todochat-system".to_owned(),
        outgoing_allow: Vec::new(),
        metrics_from: Vec::new(),
        image_pull_secrets: Vec::new(),
        release: "1.4.2".to_owned(),
    }
}

/// All that the object points at is there, everything has come up, and the cluster offers all there is.
pub fn everything_found(object: &TodoChat) -> Fetched {
    Fetched::assumed(object, &settings(), &Offer::everything())
}

/// The object as it can be built once everything has come up.
///
/// Panics when it is refused.
pub fn validated(yaml: &str) -> Validated {
    let object = object(yaml);
    let validated = validate(&object, &everything_found(&object), &settings());
    validated.expect("the object is accepted")
}
