//! What is there and not wanted any more.

use super::Visit;
use crate::{
    api_error::ApiError,
    apply::{ApplyError, is_data, standing::Standing},
    children::{Children, Prepared},
    kinds::{ChildId, Kind},
    writer::Precisely,
};

impl Visit<'_> {
    /// Deletes what is ours and neither wanted nor held, what depends on others first.
    pub(super) async fn prune(&mut self, children: &Children<Prepared>) -> Result<(), ApplyError> {
        let mut wanted = children.ids();
        wanted.extend(children.held.iter().cloned());
        let world = self.pass.world;
        for (id, found) in world.children.iter().rev() {
            let done_with = self.pass.is_ours(found) && !found.deleting && !wanted.contains(id);
            if done_with && !self.stays(id) {
                let (uid, version) = (found.uid.to_string(), found.resource_version.to_string());
                let precisely = Precisely { uid: &uid, resource_version: Some(&version) };
                self.delete(id, precisely).await?;
            }
        }
        let listed = self.pass.inventory.iter().rev();
        for id in listed.filter_map(|item| ChildId::from_inventory(&item.id)) {
            let unseen = !world.children.contains_key(&id) && !wanted.contains(&id);
            if unseen && !self.stays(&id) {
                self.prune_unseen(&id).await?;
            }
        }
        Ok(())
    }

    /// In the inventory, and not among those that carry our labels: gone, or somebody has taken the labels away.
    async fn prune_unseen(&mut self, id: &ChildId) -> Result<(), ApplyError> {
        let live = match self.read(id).await {
            Ok(Some(live)) => live,
            Ok(None) | Err(ApplyError::Read(_, ApiError::NoSuchKind { .. })) => {
                self.report.gone.push(id.clone());
                return Ok(());
            }
            Err(error) => return Err(error),
        };
        if Standing::of(&self.pass, id, &live) == Standing::Ours {
            let uid = live["metadata"]["uid"].as_str().unwrap_or_default();
            let resource_version = live["metadata"]["resourceVersion"].as_str();
            self.delete(id, Precisely { uid, resource_version }).await?;
        }
        Ok(())
    }

    async fn delete(&mut self, id: &ChildId, precisely: Precisely<'_>) -> Result<(), ApplyError> {
        let namespace = &self.pass.owner.namespace;
        let deleted = self.applier.writer.delete(id.kind, namespace, &id.name, precisely).await;
        deleted.map_err(|error| ApplyError::Delete(id.clone(), error))?;
        self.report.pruned.push(id.clone());
        Ok(())
    }

    /// No edit deletes data, only the deletion of the `TodoChat`. Pods are not the operator's own.
    fn stays(&self, id: &ChildId) -> bool {
        id.kind == Kind::Pod || is_data(&self.pass.owner.name, id)
    }
}
