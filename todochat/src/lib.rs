//! The whole to-do chat in one process.
