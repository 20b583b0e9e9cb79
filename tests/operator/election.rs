//! Who acts: one operator at a time, whatever happens to it, to its clock and to its Lease.
//!
//! ```text
//! two operators, each under a user of its own ─▶ audit log: who wrote what, and in which order
//! ```

mod clocks;
mod lease;
mod pair;
mod succession;

pub(crate) use self::clocks::skewed;
