//! Whether an object's pods would be replaced although nobody asked for it.

use kube::ResourceExt as _;

use crate::{
    children::{Children, Prepared},
    crd::{TodoChat, TodoChatStatus},
    kinds::{ChildId, Kind},
    made_of::MadeOf,
    names::{MADE_OF_ANNOTATION, Part},
    validated::Validated,
    world::{State, World},
};

/// Whether to bring the object to `children` would replace pods, or migrate a database, because the operator has changed.
pub fn is_due(
    object: &TodoChat,
    world: &World,
    validated: &Validated,
    children: &Children<Prepared>,
) -> bool {
    let Some(status) = &object.status else { return false };
    !object.spec.suspended
        && world.serves(&Part::Chat.name(&object.name_any()))
        && is_complete(status, world)
        && (would_replace(world, children) || would_migrate(status, validated))
}

/// Whether all is there that was there. What is missing is not waited for, but for what people can do without: with its
/// definition the cluster loses all objects of an optional kind at once, and that is not to replace all pods at once.
fn is_complete(status: &TodoChatStatus, world: &World) -> bool {
    let listed = status.inventory.iter().filter_map(|item| ChildId::from_inventory(&item.id));
    let mut lasting = listed.filter(|id| id.kind != Kind::Job && !id.kind.is_optional());
    lasting.all(|id| world.children.get(&id).is_some_and(|seen| !seen.deleting))
}

fn would_replace(world: &World, children: &Children<Prepared>) -> bool {
    let mut servers = children.deployments.iter();
    servers.any(|server| {
        let now = server.annotations().get(MADE_OF_ANNOTATION).and_then(|it| it.parse().ok());
        let runs = world.children.get(&ChildId::new(Kind::Deployment, &server.name_any()));
        match (runs.map(|runs| &runs.state), now) {
            (Some(State::Workload(runs)), Some(now)) => {
                runs.made_of.is_none_or(|runs: MadeOf| runs.is_of_another_operator(&now))
            }
            _ => false,
        }
    })
}

/// A login that is made known again changes no schema, and is what people asked for.
fn would_migrate(status: &TodoChatStatus, validated: &Validated) -> bool {
    let Some(migration) = validated.migration.as_ref().filter(|migration| migration.wanted) else {
        return false;
    };
    let database = status.database.as_ref();
    let has = database.and_then(|database| database.schema_version.as_ref());
    has.is_some_and(|has| *has != migration.schema)
}
