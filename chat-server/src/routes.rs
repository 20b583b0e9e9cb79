//! The route table, in reading order.
