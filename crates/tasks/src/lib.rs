//! What a task is, what may be done to it, and its SQL. The tools and the REST endpoints call the
//! same functions, so a rule exists once.
//!
//! ```text
//! text.rs   words ─▶ Title, Description          find.rs     what the user calls it ─▶ Task
//! write.rs  add, update, complete, delete …  ─┐  list.rs     pages, counts
//! undo.rs   the last change taken back       ─┴▶ changes.rs  one row for each change, then a notice
//! calls.rs  a tool call that comes twice gets the first result
//! meta.rs   how such a call is named, and where its result names what it has changed
//! ```
//!
//! Every function takes a [`Transaction`](todochat_database::Transaction) begun for a user, and every
//! statement has that user in its predicate. Who changes tasks first locks the user's row in
//! `task_counters`, so that one user's changes come one after the other, numbered without a gap.

mod calls;
mod changes;
mod error;
mod find;
mod list;
mod meta;
mod task;
mod text;
mod undo;
mod words;
mod write;

pub use calls::{Call, recall, remember};
pub use changes::{Change, ChangeKind, Stamp, changes_after, last_change};
pub use error::{Invalid, TaskError};
pub use find::{Prefer, find, get};
pub use list::{Filter, Page, PageRequest, Status, Summary, list, list_of, summary};
pub use meta::{CALL_KEY, CHANGED_KEY};
pub use task::{NewTask, Task};
pub use text::{Description, Title};
pub use undo::{Undone, undo};
pub use write::{Edit, add, complete, delete, reopen, require_version, restore, update};
