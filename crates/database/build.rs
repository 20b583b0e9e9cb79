//! Rebuilds the crate when a migration is added: the macro that embeds them is told only of changes
//! to files it already knows.

fn main() {
    println!("cargo::rerun-if-changed=../../migrations/postgres");
    println!("cargo::rerun-if-changed=../../migrations/sqlite");
}
