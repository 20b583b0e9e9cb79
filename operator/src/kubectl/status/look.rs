//! What is to be seen beside an object itself. Whoever may not read all of it sees the rest, and what they may not read.

use std::collections::BTreeSet;

use anyhow::Context as _;
use kube::{Error, ResourceExt as _};
use serde_json::Value;

use super::{
    super::{place::Place, standing},
    events,
};
use crate::{crd::TodoChat, kinds::ChildId};

/// What was found beside the object itself.
#[derive(Default)]
pub(super) struct Seen {
    /// Children that are not as they should be, and why.
    pub(super) amiss: Vec<(String, String)>,
    /// What was told of it and of its children, in the order of time.
    pub(super) events: Vec<Value>,
    /// What they may not read, in the server's words.
    pub(super) missed: Vec<String>,
}

/// Looks at all that they may read.
pub(super) async fn look(place: &Place, object: &TodoChat) -> anyhow::Result<Seen> {
    let (name, mut seen, mut names) = (object.name_any(), Seen::default(), BTreeSet::new());
    for kind in standing::KINDS {
        let children = place.belongings(kind, &name).await;
        for child in seen.unless_forbidden(children)? {
            let id = ChildId::new(kind, &child.name_any());
            names.insert(child.name_any());
            if let Some(why) = standing::amiss(kind, &serde_json::to_value(&child)?) {
                seen.amiss.push((id.to_inventory(), why));
            }
        }
    }
    seen.look_for_missing(place, object).await?;
    let events = events(place, &name, &names).await;
    seen.events = seen.unless_forbidden(events)?;
    Ok(seen)
}

impl Seen {
    /// Children that the status tells of and that are not there. Of Secrets only the metadata is read.
    async fn look_for_missing(&mut self, place: &Place, object: &TodoChat) -> anyhow::Result<()> {
        let inventory = object.status.iter().flat_map(|status| &status.inventory);
        for id in inventory.filter_map(|item| ChildId::from_inventory(&item.id)) {
            let found = place.kind(id.kind).get_metadata_opt(&id.name).await;
            let is_missing = found.map(|found| found.is_none());
            let is_missing =
                is_missing.with_context(|| format!("could not read {}", id.to_inventory()));
            if self.unless_forbidden(is_missing)? {
                self.amiss.push((id.to_inventory(), "is missing".to_owned()));
            }
        }
        Ok(())
    }

    /// What was read; where they may not read it, nothing.
    fn unless_forbidden<T: Default>(&mut self, read: anyhow::Result<T>) -> anyhow::Result<T> {
        read.or_else(|error| {
            self.missed.push(forbidden(error)?);
            Ok(T::default())
        })
    }
}

/// What the server says to somebody who may not do it; every other error stays one.
fn forbidden(error: anyhow::Error) -> anyhow::Result<String> {
    let said = match error.downcast_ref::<Error>() {
        Some(Error::Api(status)) if status.code == 403 => Some(status.message.clone()),
        _ => None,
    };
    said.ok_or(error)
}

#[cfg(test)]
mod tests {
    use kube::core::Status;

    use super::*;

    fn refused(code: u16) -> anyhow::Result<Vec<String>> {
        let status = Status::failure("secrets \"team-db\" is forbidden", "Forbidden");
        let error = Error::Api(status.with_code(code).boxed());
        Err(error).context("could not read Secret/team-db")
    }

    #[test]
    fn what_they_may_not_read_is_passed_over_and_said() {
        let mut seen = Seen::default();
        assert!(seen.unless_forbidden(refused(403)).unwrap().is_empty());
        assert_eq!(seen.unless_forbidden(Ok(vec!["read".to_owned()])).unwrap(), ["read"]);
        assert_eq!(seen.missed, ["secrets \"team-db\" is forbidden"]);
    }

    #[test]
    fn what_goes_wrong_otherwise_is_an_error() {
        let mut seen = Seen::default();
        let error = seen.unless_forbidden(refused(500)).unwrap_err();
        assert_eq!(error.to_string(), "could not read Secret/team-db");
        assert!(seen.missed.is_empty());
    }
}
