//! What must not matter: that calls fail, that watches break, that the operator dies.
//!
//! ```text
//! stage: a server of its own ─ fault proxy ─ operator         mirror: what the server has, as it changes
//!   life: create, edit, edit, edit, delete ─ score: how it goes without faults ─▶ the same objects at each step
//!     errors: each call of a life meets each error
//!     kills:  the operator dies before and after each write of a life
//! watches, going_back, rights, storm: one thing that breaks, and goes on
//! ```
//!
//! A life is an object of its own in a namespace of its own, so that hundreds meet their faults at once, in one operator.

mod announcing;
mod discovery;
mod errors;
mod going_back;
mod kills;
mod life;
mod mirror;
mod picture;
mod rights;
mod score;
mod stage;
mod watches;
