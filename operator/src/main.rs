//! `todochat-operator`.
fn main() {}
