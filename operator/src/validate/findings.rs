//! What was found wrong so far, in the words of the person who wrote the object.

use std::fmt::Display;

use crate::conditions::{ConditionType, Refusal};

/// What was found wrong so far.
#[derive(Debug, Default)]
pub(super) struct Findings(Vec<Refusal>);

impl Findings {
    /// All that was found, if anything was.
    pub(super) fn none(self) -> Result<(), Vec<Refusal>> {
        if self.0.is_empty() { Ok(()) } else { Err(self.0) }
    }

    /// A value that the schema should have refused.
    pub(super) fn malformed(&mut self, path: &str, what: impl Display) {
        self.unaccepted("Malformed", path, what);
    }

    /// What is passed on as it is, and is not what its own API takes, or would loosen what holds the pods.
    pub(super) fn override_rejected(&mut self, path: &str, what: impl Display) {
        self.unaccepted("OverrideRejected", path, what);
    }

    /// What the operator was told not to allow.
    pub(super) fn denied(&mut self, path: &str, what: impl Display) {
        self.unaccepted("PolicyDenied", path, what);
    }

    /// What this cluster cannot do.
    pub(super) fn unsupported(&mut self, path: &str, what: impl Display) {
        self.unaccepted("UnsupportedByCluster", path, what);
    }

    /// Two things that would have one name, or one that is too long.
    pub(super) fn collision(&mut self, path: &str, what: impl Display) {
        self.unaccepted("NameCollision", path, what);
    }

    /// Something that the spec points at, and why it is of no use.
    pub(super) fn unresolved(&mut self, reason: &'static str, path: &str, what: impl Display) {
        self.add(ConditionType::ReferencesResolved, reason, path, what);
    }

    fn unaccepted(&mut self, reason: &'static str, path: &str, what: impl Display) {
        self.add(ConditionType::Accepted, reason, path, what);
    }

    fn add(
        &mut self,
        condition: ConditionType,
        reason: &'static str,
        path: &str,
        what: impl Display,
    ) {
        let refusal = Refusal { condition, reason, message: format!("`{path}`: {what}") };
        if !self.0.contains(&refusal) {
            self.0.push(refusal);
        }
    }
}
