//! Files that users add to messages.
//!
//! ```text
//! two phases  attachments.create ─▶ announce (rules, quota, row) ─▶ an address ─▶ PUT or POST ─┐
//! direct      POST /api/chatkit/attachments ─────────────────────────▶ receive (in memory) ◀───┘
//!                                                                        │ what it is, what it was to be
//!                                                                        ▼
//!             row claimed ─▶ files (folder or bucket) ─▶ row marked: it is there
//! a message   the store's `begin_turn` makes its files part of the conversation, in the same commit
//! reading     an address good for a quarter of an hour, or the owner's token ─▶ content
//! told        what the model gets of the files of a conversation
//! sweep       removes what no message has after a day, and what a deleted conversation had
//! ```
//!
//! A file's bytes are kept under its id, which is ours; its name is only ever shown. There are never bytes without a row in
//! `attachments` or `attachment_sweeps`, so nothing is left behind by a crash.

mod announced;
mod error;
pub mod files;
mod links;
mod media_type;
mod memory;
mod name;
mod receive;
mod routes;
mod setup;
mod sweep;
mod told;

use std::{fmt, io, sync::Arc};

use bytes::Bytes;
use chatkit_server::{IdKind, protocol::Attachment};
use prometheus::IntCounterVec;
use todochat_auth::UserId;
use todochat_database::{Database, Transaction};
use todochat_service::{Clock, Ids};
use tokio_util::task::TaskTracker;

use self::{
    files::{Files, FilesError},
    memory::Memory,
};
use crate::store::attachments::{self as rows, New, Row};

pub use self::{
    error::AttachmentError,
    links::{Links, Purpose},
    media_type::{MediaType, NotAMediaType},
    routes::router,
    setup::open,
};

/// Which files are taken.
#[derive(Clone, Debug)]
pub struct Rules {
    /// The largest, in bytes.
    pub max_size: u64,
    /// All of one user's together, in bytes.
    pub quota: u64,
    /// Of these types.
    pub types: Vec<MediaType>,
}

/// What attachments are put together from.
pub struct Parts {
    /// Where what is known of them is.
    pub database: Database,
    /// Where their bytes are.
    pub files: Files,
    /// Their addresses.
    pub links: Links,
    /// Which are taken.
    pub rules: Rules,
    /// The time.
    pub clock: Clock,
    /// New ids.
    pub ids: Ids,
    /// Uploads by outcome.
    pub uploads: IntCounterVec,
    /// What a shutdown waits for.
    pub tracker: TaskTracker,
}

/// Files that users add to messages. Cheap to clone.
#[derive(Clone)]
pub struct Attachments {
    parts: Arc<Parts>,
    memory: Memory,
}

impl Attachments {
    /// Puts them together.
    pub fn new(parts: Parts) -> Self {
        Self { memory: Memory::new(parts.rules.max_size), parts: Arc::new(parts) }
    }

    /// Which files are taken.
    pub fn rules(&self) -> &Rules {
        &self.parts.rules
    }

    /// Announces a file of the user, if it is within the rules.
    async fn announce(
        &self,
        user: &UserId,
        name: &str,
        kind: &MediaType,
        size: u64,
    ) -> Result<Row, AttachmentError> {
        let rules = &self.parts.rules;
        if !rules.types.contains(kind) {
            return Err(AttachmentError::TypeNotAllowed);
        }
        if size > rules.max_size {
            return Err(AttachmentError::TooLarge { most: rules.max_size });
        }
        if size == 0 {
            return Err(AttachmentError::Empty);
        }
        let (id, name) = (self.parts.ids.next(IdKind::Attachment.prefix()), name::cleaned(name));
        let (size, quota) = (whole(size), whole(rules.quota));
        let new = New { id: &id, name: &name, mime_type: kind.as_str(), size };
        let mut tx = self.write(user).await?;
        if !rows::add(&mut tx, user.as_str(), &new, quota, self.parts.clock.now()).await? {
            return Err(AttachmentError::NoRoom);
        }
        tx.commit().await?;
        let mime_type = kind.to_string();
        Ok(Row { id, thread_id: None, name, mime_type, size, uploaded_at: None })
    }

    /// A file of the user's, whether it is there already or only announced.
    async fn find(&self, user: &UserId, id: &str) -> Result<Row, AttachmentError> {
        let mut tx = self.parts.database.read_as(user.as_str()).await?;
        let row = rows::load(&mut tx, user.as_str(), id).await?;
        row.ok_or(AttachmentError::NotFound)
    }

    /// Keeps the bytes of a file that was announced, if they are what was announced.
    async fn keep(
        &self,
        user: &UserId,
        row: Row,
        bytes: Bytes,
    ) -> Result<Attachment, AttachmentError> {
        if whole(bytes.len() as u64) != row.size {
            return Err(AttachmentError::OtherSize);
        }
        let kind: Option<MediaType> = row.mime_type.parse().ok();
        if !kind.is_some_and(|kind| kind.fits(&bytes)) {
            return Err(AttachmentError::OtherType);
        }
        // To its end, whether the client waits for it or not: a claim that nobody takes back stays for minutes.
        let (this, user) = (self.clone(), user.clone());
        let stored = self.parts.tracker.spawn(async move { this.store(&user, row, bytes).await });
        stored.await.map_err(|error| FilesError::from(io::Error::other(error)))?
    }

    async fn store(
        &self,
        user: &UserId,
        mut row: Row,
        bytes: Bytes,
    ) -> Result<Attachment, AttachmentError> {
        let (id, now) = (row.id.as_str(), self.parts.clock.now());
        let mut tx = self.write(user).await?;
        if !rows::claim(&mut tx, user.as_str(), id, now).await? {
            return Err(AttachmentError::AlreadyThere);
        }
        tx.commit().await?;
        if let Err(error) = self.parts.files.put(id, bytes).await {
            let mut tx = self.write(user).await?;
            rows::give_up(&mut tx, user.as_str(), id).await?;
            tx.commit().await?;
            return Err(error.into());
        }
        let mut tx = self.write(user).await?;
        if !rows::uploaded(&mut tx, user.as_str(), id, now).await? {
            // It was deleted while it was stored.
            drop(tx);
            self.remove(user, id).await?;
            return Err(AttachmentError::NotFound);
        }
        tx.commit().await?;
        row.uploaded_at = Some(now);
        Ok(self.parts.links.describe(user, &row))
    }

    /// Removes a file of the user's. One that is not there is no error. When it returns, the file is found no more, and if its bytes
    /// could not be removed, the next sweep does it.
    async fn remove(&self, user: &UserId, id: &str) -> Result<(), AttachmentError> {
        let now = self.parts.clock.now();
        let mut tx = self.write(user).await?;
        rows::delete(&mut tx, user.as_str(), id).await?;
        rows::schedule(&mut tx, user.as_str(), id, now).await?;
        tx.commit().await?;
        self.parts.files.remove(id).await?;
        let mut tx = self.write(user).await?;
        rows::settle(&mut tx, id, now).await?;
        tx.commit().await?;
        Ok(())
    }

    async fn write(&self, user: &UserId) -> Result<Transaction, todochat_database::Error> {
        self.parts.database.write_as(user.as_str()).await
    }
}

impl fmt::Debug for Attachments {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Attachments")
            .field("files", &self.parts.files)
            .field("rules", &self.parts.rules)
            .finish_non_exhaustive()
    }
}

/// A number of bytes as databases have it.
fn whole(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}
