//! Requests and scripts that nobody thought of. Each has a seed, which is told when it fails; `TODOCHAT_TEST_SEED` plays one alone.

mod bodies;
mod chance;
mod scripts;

/// The seeds to try: the first so many, or the one that is asked for.
#[expect(clippy::disallowed_methods, reason = "a test has no flags")]
fn seeds(count: u64) -> Vec<u64> {
    match std::env::var("TODOCHAT_TEST_SEED") {
        Ok(seed) => vec![seed.parse().expect("a seed is a number")],
        Err(_) => (0..count).collect(),
    }
}
