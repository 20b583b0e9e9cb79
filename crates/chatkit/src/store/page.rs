//! What part of a list is wanted.

use crate::protocol::Order;

/// Which page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageRequest {
    /// How many at most; at least 1.
    pub limit: u32,
    /// The exclusive cursor, in the order asked for.
    pub after: Option<String>,
    /// Which end to count from.
    pub order: Order,
}

/// Whether items that are for the model only are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hidden {
    /// Leave them out: the page is for a client.
    Exclude,
    /// Take them along: the page is for the model.
    Include,
}
