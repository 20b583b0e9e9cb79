//! Removing what nobody uses: files that no message had within a day, those of conversations that were deleted, and bytes that could
//! not be removed when their file was.

use std::time::Duration;

use chrono::TimeDelta;
use todochat_auth::UserId;
use todochat_service::{Shutdown, chain};

use super::{AttachmentError, Attachments};
use crate::store::attachments::{self as rows, Due};

/// How often it is looked.
const EVERY: Duration = Duration::from_mins(10);

/// How many at once.
const A_FEW: i64 = 100;

/// When to try again what did not work.
const LATER: TimeDelta = TimeDelta::hours(1);

impl Attachments {
    /// Sweeps every few minutes until the server stops. Several replicas may.
    pub fn sweep_until(&self, shutdown: &Shutdown) {
        let (this, stop) = (self.clone(), shutdown.soft().clone());
        let sweeping = async move {
            let mut time = tokio::time::interval(EVERY);
            loop {
                time.tick().await;
                match this.sweep().await {
                    Ok(0) => {}
                    Ok(count) => tracing::info!(count, "Removed {count} unused files"),
                    Err(error) => {
                        tracing::warn!(error = chain(&error), "Could not look for unused files");
                    }
                }
            }
        };
        tokio::spawn(async move { stop.run_until_cancelled(sweeping).await });
    }

    /// Removes what is due by now; says how many files that were.
    pub async fn sweep(&self) -> Result<usize, AttachmentError> {
        let mut removed = 0;
        loop {
            let due = {
                let mut tx = self.parts.database.read().await?;
                rows::due(&mut tx, self.parts.clock.now(), A_FEW).await?
            };
            if due.is_empty() {
                return Ok(removed);
            }
            for due in due {
                match self.sweep_one(&due).await {
                    Ok(gone) => removed += usize::from(gone),
                    Err(error) => {
                        let error = chain(&error);
                        tracing::warn!(
                            error,
                            attachment.id = due.id,
                            "Could not remove an unused file"
                        );
                        self.hold_back(&due).await?;
                    }
                }
            }
        }
    }

    async fn sweep_one(&self, due: &Due) -> Result<bool, AttachmentError> {
        let Some(user) = UserId::parse(&due.user_id) else {
            return self.settle(due).await.map(|()| false);
        };
        let mut tx = self.write(&user).await?;
        // First, so that no message can have it any more.
        let orphan = rows::delete_orphan(&mut tx, user.as_str(), &due.id).await?;
        let is_kept = !orphan && rows::load(&mut tx, user.as_str(), &due.id).await?.is_some();
        tx.commit().await?;
        if !is_kept {
            self.parts.files.remove(&due.id).await?;
        }
        self.settle(due).await?;
        Ok(!is_kept)
    }

    async fn settle(&self, due: &Due) -> Result<(), AttachmentError> {
        let mut tx = self.parts.database.write().await?;
        rows::settle(&mut tx, &due.id, due.due_at).await?;
        Ok(tx.commit().await?)
    }

    async fn hold_back(&self, due: &Due) -> Result<(), AttachmentError> {
        let mut tx = self.parts.database.write().await?;
        rows::hold_back(&mut tx, due, self.parts.clock.now() + LATER).await?;
        Ok(tx.commit().await?)
    }
}
