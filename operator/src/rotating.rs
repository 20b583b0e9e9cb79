//! Credentials that are replaced while people use them: the servers' database login, and the key that tokens are signed with.
//!
//! ```text
//! Secret ─▶ seen.rs: how far it is        ┐
//! spec, annotation, clock ─▶ wish.rs: due ├─▶ login.rs, keys.rs ─▶ the Secret as it shall be, and the Job that must run
//! world: the Job                          ┘
//!
//! login  Steady ─▶ next-… stands in the Secret ─Job: makes it, tries it─▶ it is the login, the one before is `old`
//!                                              ─Job: no session of `old` left, it may not log in─▶ Steady
//! keys   Steady ─▶ a next key is published ─3 min─▶ it signs, the one before verifies ─overlap─▶ Steady
//! ```
//!
//! A Job that has failed is followed by another, after a pause that becomes longer each time.
//!
//! How far a turn is stands in the Secret that it is about, in one write with what it has changed. So after a crash at any
//! point the next look finds what is true, and each step may be taken again. The URL never names a login that cannot be used.

mod keys;
mod login;
mod record;
mod seen;
mod wish;

pub use self::{
    keys::{KeyStep, KeysTurn, keys},
    login::{Login, LoginJob, Names, Progress, Ran, login},
    record::{Record, Records},
    seen::{KeysSeen, LoginSeen, NextSeen, Rotations},
    wish::{Wish, Wishes, wishes},
};

/// The entry of a Secret that says how far its turn is.
pub const RECORD: &str = "rotation";
/// The entries of the login that is made ready.
pub const NEXT: [&str; 3] = ["next-username", "next-password", "next-url"];

/// Whether an entry is there only for the time of a turn, or tells of it.
pub fn is_passing(entry: &str) -> bool {
    entry == RECORD || NEXT.contains(&entry)
}
