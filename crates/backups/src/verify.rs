//! A backup is tried: whoever restores it in need should not be the first to do so.

use std::path::Path;

use crate::{
    BackupError, Name,
    place::Place,
    restore::{fill, find},
    scratch::Scratch,
    server::MAINTENANCE,
};

/// Restores it into a server of its own, and compares the rows with those that were counted when it was taken.
pub(crate) async fn verify(
    place: &Place,
    from: Option<&Name>,
    within: &Path,
) -> Result<Name, BackupError> {
    let (name, manifest) = find(place, from).await?;
    let scratch = Scratch::start(within).await?;
    let tried = fill(place, &scratch.server, MAINTENANCE, (&name, &manifest)).await;
    scratch.end().await;
    tried?;
    let rows: i64 = manifest.tables.values().sum();
    tracing::info!(%name, rows, tables = manifest.tables.len(), "The backup {name} is good");
    Ok(name)
}
