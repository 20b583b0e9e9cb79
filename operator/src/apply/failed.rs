//! Why the objects of a `TodoChat` could not all be brought to what they shall be.

use crate::{
    api_error::{ApiError, Class},
    kinds::{ChildId, Kind},
};

/// Why it ended early. The message is stable, and holds nothing of a Secret.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// An object could not be read.
    #[error("could not read {}", .0.to_inventory())]
    Read(ChildId, #[source] ApiError),
    /// An object could not be written.
    #[error("could not write {}", .0.to_inventory())]
    Write(ChildId, #[source] ApiError),
    /// An object that is not wanted any more could not be deleted.
    #[error("could not delete {}", .0.to_inventory())]
    Delete(ChildId, #[source] ApiError),
    /// Something else has to happen first.
    #[error("{} {why}", .child.to_inventory())]
    Waiting {
        /// The object.
        child: ChildId,
        /// What it waits for.
        why: &'static str,
    },
    /// The machine gave no random bytes.
    #[error("the operating system gave no random bytes")]
    NoRandomness,
}

impl ApplyError {
    /// An object of `kind` could not be read.
    pub fn read(kind: Kind, name: &str, error: kube::Error) -> Self {
        Self::Read(ChildId::new(kind, name), ApiError::of_client("get", kind.plural(), error))
    }

    /// What is to be done about it.
    pub fn class(&self) -> Class {
        match self {
            Self::Read(_, error) | Self::Write(_, error) | Self::Delete(_, error) => error.class(),
            Self::Waiting { .. } => Class::Waiting,
            Self::NoRandomness => Class::Transient,
        }
    }

    /// Why, in one word.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Read(_, error) | Self::Write(_, error) | Self::Delete(_, error) => error.reason(),
            Self::Waiting { .. } => "Waiting",
            Self::NoRandomness => "NoRandomness",
        }
    }

    /// The object that it is about.
    pub fn child(&self) -> Option<&ChildId> {
        match self {
            Self::Read(child, _)
            | Self::Write(child, _)
            | Self::Delete(child, _)
            | Self::Waiting { child, .. } => Some(child),
            Self::NoRandomness => None,
        }
    }

    /// What went wrong and why, for people.
    pub fn message(&self) -> String {
        match self {
            Self::Read(_, error) | Self::Write(_, error) | Self::Delete(_, error) => {
                format!("{self}: {error}")
            }
            Self::Waiting { .. } | Self::NoRandomness => self.to_string(),
        }
    }
}
