//! The input, as the conditions ask for it.

use std::collections::BTreeSet;

use super::{Done, Outcome, StatusInput, of, verdict};
use crate::{
    children::{Applied, Children},
    conditions::ConditionType,
    crd::{Condition, TodoChatSpec, TodoChatStatus},
    kinds::{ChildId, Kind},
    names::Part,
    validated::Validated,
    world::{PodSeen, Seen, State, Trouble, Workload, World},
};

/// The input, as the conditions ask for it.
pub(super) struct View<'a> {
    pub(super) input: &'a StatusInput<'a>,
    pub(super) namespace: String,
    pub(super) name: String,
}

impl<'a> View<'a> {
    pub(super) fn new(input: &'a StatusInput<'a>) -> Self {
        let (namespace, name) = of(input.object);
        Self { input, namespace, name }
    }

    pub(super) fn spec(&self) -> &'a TodoChatSpec {
        &self.input.object.spec
    }

    pub(super) fn generation(&self) -> Option<i64> {
        self.input.object.metadata.generation
    }

    pub(super) fn world(&self) -> &'a World {
        self.input.world
    }

    pub(super) fn deleting(&self) -> bool {
        matches!(self.input.outcome, Outcome::Deleting)
            || self.input.object.metadata.deletion_timestamp.is_some()
    }

    /// The status that was last written.
    pub(super) fn previous(&self) -> Option<&'a TodoChatStatus> {
        self.input.object.status.as_ref()
    }

    pub(super) fn previous_condition(&self, kind: ConditionType) -> Option<&'a Condition> {
        verdict::find(self.previous(), kind)
    }

    /// What was built, or would have been.
    pub(super) fn validated(&self) -> Option<&'a Validated> {
        match *self.input.outcome {
            Outcome::Applied { validated, .. } => Some(validated),
            Outcome::Failed { validated, .. } | Outcome::Paused { validated, .. } => validated,
            Outcome::Refused(_) | Outcome::Waiting | Outcome::Deleting => None,
        }
    }

    /// What was applied on this visit, if it came to its end.
    pub(super) fn applied(&self) -> Option<(&'a Children<Applied>, &'a Done)> {
        match self.input.outcome {
            Outcome::Applied { children, done, .. } => Some((children, done)),
            _ => None,
        }
    }

    /// The objects of `kind` that there should be: those that were applied on this visit, or else all that are known.
    pub(super) fn expected(&self, kind: Kind) -> BTreeSet<ChildId> {
        let ids = match self.applied() {
            Some((children, _)) => children.ids(),
            None => self.known(),
        };
        ids.into_iter().filter(|id| id.kind == kind).collect()
    }

    /// The objects that were made on any earlier visit: those that the status lists, and what has come since.
    pub(super) fn known(&self) -> BTreeSet<ChildId> {
        let inventory = self.previous().map(|status| status.inventory.as_slice());
        let listed = inventory.unwrap_or_default().iter();
        let listed = listed.filter_map(|item| ChildId::from_inventory(&item.id));
        let listed = listed.filter(|id| self.is_served(id.kind));
        listed.chain(self.own().cloned()).collect()
    }

    /// Whether the cluster has the kind: with its definition all its objects go. Taken for granted where nothing was looked up.
    fn is_served(&self, kind: Kind) -> bool {
        let available = self.input.fetched.map(|fetched| &fetched.available);
        !kind.is_optional() || available.is_none_or(|available| available.contains(&kind))
    }

    /// The objects that are there and the object's own.
    pub(super) fn own(&self) -> impl Iterator<Item = &'a ChildId> {
        let uid = self.input.object.metadata.uid.as_deref();
        let ours = self.world().children.iter().filter(move |(_, child)| {
            uid.is_some_and(|uid| child.is_controlled_by(uid)) && !child.deleting
        });
        ours.map(|(id, _)| id)
    }

    /// The names of those objects of `kind` that there should be and are not.
    pub(super) fn missing(&self, kind: Kind) -> Vec<String> {
        let expected = self.expected(kind).into_iter();
        let missing = expected.filter(|id| !self.world().children.contains_key(id));
        missing.map(|id| id.name.into_string()).collect()
    }

    fn id(&self, kind: Kind, part: &Part) -> ChildId {
        ChildId::new(kind, &part.name(&self.name))
    }

    /// The object of `kind` that belongs to `part`.
    pub(super) fn child(&self, kind: Kind, part: &Part) -> Option<&'a Seen> {
        let child = self.world().children.get(&self.id(kind, part));
        child.filter(|child| !child.deleting)
    }

    /// The state of the workload that runs `part`.
    pub(super) fn workload(&self, kind: Kind, part: &Part) -> Option<&'a Workload> {
        match &self.child(kind, part)?.state {
            State::Workload(workload) => Some(workload),
            _ => None,
        }
    }

    /// Whether the newest form of that object waits for something.
    pub(super) fn is_held(&self, kind: Kind, part: &Part) -> bool {
        self.applied().is_some_and(|(children, _)| children.held.contains(&self.id(kind, part)))
    }

    /// The pods of `part`.
    pub(super) fn pods(&self, part: &Part) -> impl Iterator<Item = &'a PodSeen> {
        let (component, server) = (part.component(), tool_server(part).map(str::to_owned));
        let pods = self.world().pods.iter();
        pods.filter(move |pod| {
            &*pod.component == component
                && (server.is_none() || pod.tool_server.as_deref() == server.as_deref())
        })
    }

    /// What is wrong with the newest kind of pods of `part`: of several troubles always the same one, whichever pod is looked
    /// at first. Earlier kinds stay until it is up, with troubles that may be mended by now.
    pub(super) fn trouble(&self, part: &Part) -> Option<&'a Trouble> {
        let newest = self.pods(part).filter(|pod| !pod.deleting).max_by_key(|pod| &pod.created)?;
        let troubles = self.pods(part).filter(|pod| !pod.deleting && !pod.ready);
        troubles
            .filter(|pod| pod.revision == newest.revision)
            .filter_map(|pod| pod.trouble.as_ref())
            .min_by_key(|trouble| super::pods::rank(trouble))
    }
}

fn tool_server(part: &Part) -> Option<&str> {
    match part {
        Part::Tool(server) => Some(server),
        _ => None,
    }
}
