//! Whether there is still something to be carried out, of an object that is not to be touched.

use super::canonical;
use crate::{
    children::{Children, Prepared},
    kinds::Kind,
    world::World,
};

/// Whether an object is missing, or was last applied as another than it shall be. The live objects are not read: what somebody
/// has changed in them by hand does not count. Nor does a Job: it has run, or will, and is nothing that people use.
pub fn lags(world: &World, children: &Children<Prepared>) -> bool {
    let mut lasting = children.manifests().into_iter().filter(|(id, _)| id.kind != Kind::Job);
    lasting.any(|(id, manifest)| {
        let found = world.children.get(&id).filter(|found| !found.deleting);
        !found.is_some_and(|found| found.is_applied(&canonical::hash(&manifest)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        apply::as_sent,
        build::build,
        kinds::ChildId,
        testing::{NAME, validated},
        watching::seen::seen,
    };

    fn built(spec: &str) -> Children<Prepared> {
        build(&validated(spec))
    }

    /// Everything is there as it was sent.
    fn carried_out(children: &Children<Prepared>) -> World {
        let sent = children.manifests().into_iter().map(|(id, manifest)| {
            let live = as_sent(&id, manifest);
            let found = seen(id.kind, &live);
            (id, found)
        });
        World { children: sent.collect(), pods: Vec::new() }
    }

    #[test]
    fn what_was_carried_out_lags_behind_nothing() {
        assert!(!lags(&carried_out(&built("")), &built("")));
        assert!(!lags(&carried_out(&built("")), &built("paused: true")));
        assert!(lags(&World::default(), &built("")));
    }

    #[test]
    fn what_was_made_of_another_spec_lags() {
        let edited = built("chat: { streaming: { heartbeat: 20s } }");
        assert!(lags(&carried_out(&built("")), &edited));
        let mut world = carried_out(&edited);
        assert!(!lags(&world, &edited));
        world.children.remove(&ChildId::new(Kind::Service, &format!("{NAME}-chat")));
        assert!(lags(&world, &edited), "a Service is missing");
    }
}
