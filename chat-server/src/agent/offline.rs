//! The offline command mode.
