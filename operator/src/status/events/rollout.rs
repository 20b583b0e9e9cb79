//! Why pods are replaced.

use kube::ResourceExt as _;

use super::{Notice, Severity};
use crate::{
    children::{Children, Prepared},
    kinds::{ChildId, Kind},
    made_of::MadeOf,
    names::MADE_OF_ANNOTATION,
    world::{State, World},
};

/// What there is to tell of each Deployment whose pods are made of something else than those in `world`, if it is written.
pub fn rollouts(world: &World, children: &Children<Prepared>) -> Vec<Notice> {
    let told = children.deployments.iter().filter_map(|deployment| {
        let id = ChildId::new(Kind::Deployment, &deployment.name_any());
        let now: MadeOf = deployment.annotations().get(MADE_OF_ANNOTATION)?.parse().ok()?;
        let State::Workload(runs) = &world.children.get(&id)?.state else { return None };
        let causes = runs.made_of?.causes(&now);
        (!causes.is_empty()).then(|| Notice {
            severity: Severity::Normal,
            reason: "PodsReplaced",
            action: "RollOut",
            note: format!("{}: its pods are replaced, because of {causes}", id.to_inventory()),
            related: Some(id),
        })
    });
    told.collect()
}
