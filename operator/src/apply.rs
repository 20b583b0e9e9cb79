//! Brings the objects of a `TodoChat` to what they shall be, and writes only what differs.

pub mod canonical;
pub mod shape;
