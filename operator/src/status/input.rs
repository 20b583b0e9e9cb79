//! What the status is judged from.

use std::collections::BTreeMap;

use crate::{
    children::{Applied, Children},
    conditions::Refusal,
    crd::TodoChat,
    fetched::Fetched,
    kinds::ChildId,
    probing::Probe,
    settings::Settings,
    validated::Validated,
    world::World,
};

/// All that the status of an object is judged from.
#[derive(Clone, Copy, Debug)]
pub struct StatusInput<'a> {
    /// The object, with the status that was last written.
    pub object: &'a TodoChat,
    /// What became of this visit.
    pub outcome: &'a Outcome<'a>,
    /// What the spec points at; `None` if it could not be looked up.
    pub fetched: Option<&'a Fetched>,
    /// The object's own objects and pods as they are now.
    pub world: &'a World,
    /// The handshakes with its tool servers, by their names.
    pub probes: &'a BTreeMap<String, Probe>,
    /// What the operator was told at start.
    pub settings: &'a Settings,
}

/// What became of a visit.
#[derive(Clone, Debug)]
pub enum Outcome<'a> {
    /// The spec cannot be built: nothing was written, the last good children run on.
    Refused(Vec<Refusal>),
    /// All that could be written is.
    Applied {
        /// What was built.
        validated: &'a Validated,
        /// The objects as they were applied.
        children: &'a Children<Applied>,
        /// What else there is to say.
        done: Done,
    },
    /// Something went wrong before all was written.
    Failed {
        /// What was to be built, if it came to that.
        validated: Option<&'a Validated>,
        /// What went wrong.
        failure: Failure,
    },
    /// Nothing was written because the spec says so.
    Paused {
        /// What would have been built, if the spec can be built.
        validated: Option<&'a Validated>,
        /// Whether what is there was made of another spec.
        lags: bool,
    },
    /// Nothing was written: others have their pods replaced first (`pacing.rs`).
    Waiting,
    /// The object is being deleted.
    Deleting,
}

/// What there is to say about objects that were applied.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Done {
    /// Objects of the same name that are somebody else's, and were not touched.
    pub foreign: Vec<ChildId>,
    /// Objects that somebody else changes again and again.
    pub fights: Vec<Fight>,
    /// How objects were when they were last compared, for the inventory.
    pub verified: BTreeMap<ChildId, String>,
}

/// Somebody changes what the operator puts right, again and again.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fight {
    /// The object.
    pub child: ChildId,
    /// The field manager of the other one; empty if it could not be told.
    pub manager: String,
}

/// A change by somebody else was put right.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Correction {
    /// The object.
    pub child: ChildId,
    /// Which fields, as far as it could be told.
    pub field: String,
    /// The field manager who had changed them; empty if it could not be told.
    pub manager: String,
}

/// What went wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// It stays wrong until somebody does something.
    Terminal(Refusal),
    /// It is tried again. What was attempted and what stood in the way, as stable text.
    Transient(String),
}
