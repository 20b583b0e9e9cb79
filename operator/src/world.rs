//! What the operator knows of the objects of one `TodoChat`: not the objects, but what is asked about them. The watches
//! keep it (`watching/`), `validate`, `apply` and `status` read it.

mod word;

use std::mem;

use litemap::LiteMap;

pub use self::word::Word;

use crate::{
    kinds::{ChildId, Kind},
    made_of::MadeOf,
};

/// How many places for children are made at a time: a list that doubles is half empty in the end, for each object of a fleet.
const PLACES: usize = 2;

/// The objects of one `TodoChat` as they were last seen.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct World {
    /// Every object that carries its labels, pods excepted. A tree would take more than twice the memory for a dozen of them.
    pub children: LiteMap<ChildId, Seen>,
    /// Its pods, by name.
    pub pods: Vec<PodSeen>,
}

impl Seen {
    /// Whether this is the uid of its controller.
    pub fn is_controlled_by(&self, uid: &str) -> bool {
        self.controller.as_ref().is_some_and(|controller| *controller == *uid)
    }

    /// Whether this is the hash of what was last applied.
    pub fn is_applied(&self, hash: &str) -> bool {
        self.applied.as_ref().is_some_and(|applied| *applied == *hash)
    }
}

impl World {
    /// Keeps a child as it is now.
    pub fn keep(&mut self, id: ChildId, seen: Seen) {
        if let Some(known) = self.children.get_mut(&id) {
            *known = seen;
            return;
        }
        let mut list = mem::take(&mut self.children).into_tuple_vec();
        if list.len() == list.capacity() {
            list.reserve_exact(PLACES);
        }
        self.children = LiteMap::from_sorted_store_unchecked(list);
        self.children.insert(id, seen);
    }

    /// Keeps a pod as it is now; says whether anything of it has changed.
    pub fn keep_pod(&mut self, pod: PodSeen) -> bool {
        let found = self.pods.binary_search_by(|known| known.name.cmp(&pod.name));
        match found {
            Ok(index) if self.pods[index] == pod => return false,
            Ok(index) => self.pods[index] = pod,
            Err(index) => {
                self.pods.reserve_exact(1);
                self.pods.insert(index, pod);
            }
        }
        true
    }

    /// Whether the pods of this Deployment are of its newest kind and some of them serve.
    pub fn serves(&self, deployment: &str) -> bool {
        let seen = self.children.get(&ChildId::new(Kind::Deployment, deployment));
        match seen.map(|seen| (seen.deleting, &seen.state)) {
            Some((false, State::Workload(workload))) => {
                workload.rolled_out() && workload.available >= 1
            }
            _ => false,
        }
    }
}

/// One object as it was last seen.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    /// Its uid.
    pub uid: Word,
    /// Its version.
    pub resource_version: Word,
    /// The uid of its controller.
    pub controller: Option<Word>,
    /// Whether it is being deleted.
    pub deleting: bool,
    /// Whether it was left behind on purpose by an earlier object of the same name.
    pub retained: bool,
    /// The hash of what was last applied, from its annotation.
    pub applied: Option<Word>,
    /// The hash of all that is not status or bookkeeping: equal means nobody has changed it.
    pub shape: u64,
    /// What its kind tells.
    pub state: State,
}

/// What the kinds tell about themselves.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum State {
    /// Nothing that is asked about.
    #[default]
    Plain,
    /// A Deployment or StatefulSet.
    Workload(Box<Workload>),
    /// A Job.
    Job(JobState),
    /// An Ingress: whether it has an address. An HTTPRoute: whether every gateway accepts it.
    Route {
        /// Whether it is in use.
        accepted: bool,
        /// If not, the reason that was given, for people.
        why: Box<str>,
    },
    /// A Certificate or a cluster of CloudNativePG: whether it is ready.
    Dependency {
        /// Whether it is.
        ready: bool,
        /// If not, the reason that was given, for people.
        why: Box<str>,
    },
    /// A PersistentVolumeClaim.
    Claim {
        /// What it has.
        capacity: Box<str>,
        /// Whether it has a volume.
        bound: bool,
    },
}

/// A Deployment or StatefulSet.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Workload {
    /// The generation of its spec.
    pub generation: i64,
    /// The generation that its controller has seen.
    pub observed_generation: i64,
    /// How many pods are wanted.
    pub wanted: i32,
    /// How many there are.
    pub replicas: i32,
    /// How many are of the newest kind.
    pub updated: i32,
    /// How many are ready.
    pub ready: i32,
    /// How many have been ready for long enough.
    pub available: i32,
    /// Whether the newest kind was rolled out once, as the controller says: what is missing now was there.
    pub complete: bool,
    /// Why no pods can be made (quota, pod security), in the words of the controller.
    pub failure: Option<Box<str>>,
    /// Whether the rollout has run out of time.
    pub stuck: bool,
    /// What its pods are made of, as it was last told by this release.
    pub made_of: Option<MadeOf>,
}

impl Workload {
    /// Whether all that is wanted runs, and nothing else.
    pub fn settled(&self) -> bool {
        self.rolled_out() && self.available >= self.wanted
    }

    /// Whether its pods are all of the newest kind, and as many as are wanted; some may be down.
    pub fn rolled_out(&self) -> bool {
        self.observed_generation >= self.generation
            && self.updated == self.wanted
            && self.replicas == self.wanted
    }
}

/// How far a Job is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum JobState {
    /// Not at its end.
    #[default]
    Running,
    /// Done.
    Complete,
    /// Given up; why, in the words of its controller.
    Failed(Box<str>),
}

/// One pod as it was last seen.
#[derive(Clone, Debug, PartialEq)]
pub struct PodSeen {
    /// Its name.
    pub name: Box<str>,
    /// The labels `app.kubernetes.io/component` and `todochat.dev/tool-server`.
    pub component: Box<str>,
    /// The tool server that it belongs to.
    pub tool_server: Option<Box<str>>,
    /// Which kind of pod of its workload it is; empty for a Job's, which has one.
    pub revision: Box<str>,
    /// When it was made (RFC 3339, in UTC).
    pub created: Box<str>,
    /// Whether it is ready.
    pub ready: bool,
    /// Whether it is being deleted.
    pub deleting: bool,
    /// What is wrong with it, if anything.
    pub trouble: Option<Trouble>,
}

/// What can be wrong with a pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Its image cannot be had.
    ImagePull {
        /// Which container.
        container: Box<str>,
        /// Which image.
        image: Box<str>,
    },
    /// It ends again and again.
    CrashLoop {
        /// Which container.
        container: Box<str>,
        /// With which exit code.
        exit_code: i32,
    },
    /// It wanted more memory than it may have.
    OutOfMemory {
        /// Which container.
        container: Box<str>,
    },
    /// Its container cannot be made (a Secret or ConfigMap that is not there, a bad command).
    CannotStart {
        /// Which container.
        container: Box<str>,
        /// The reason that was given.
        reason: Box<str>,
    },
    /// No node takes it, in the words of the scheduler.
    Unschedulable {
        /// Those words.
        message: Box<str>,
    },
}

#[cfg(test)]
mod tests;
