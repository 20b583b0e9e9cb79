//! Names for new things, as something that is handed in.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use uuid::Uuid;

/// Makes ids: a prefix that tells the kind (`thr_`, `tsk_` …) and 32 hexadecimal digits.
#[derive(Clone, Debug)]
pub struct Ids(Source);

#[derive(Clone, Debug)]
enum Source {
    Random,
    Sequence(Arc<AtomicU64>),
}

impl Ids {
    /// `UUIDv7`, so that ids made later sort later.
    pub fn random() -> Self {
        Self(Source::Random)
    }

    /// 1, 2, 3 … for tests whose expected values hold literal ids. Clones share the count.
    pub fn sequence() -> Self {
        Self(Source::Sequence(Arc::new(AtomicU64::new(0))))
    }

    /// The next id, for example `thr_0199…` for `next("thr_")`.
    pub fn next(&self, prefix: &str) -> String {
        match &self.0 {
            Source::Random => format!("{prefix}{}", random().simple()),
            Source::Sequence(last) => {
                let number = last.fetch_add(1, Ordering::Relaxed) + 1;
                format!("{prefix}{number:032x}")
            }
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place that makes random ids")]
fn random() -> Uuid {
    Uuid::now_v7()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random_ids_carry_the_prefix_and_sort_by_age() {
        let ids = Ids::random();
        let (first, second) = (ids.next("thr_"), ids.next("thr_"));
        assert_eq!(first.len(), "thr_".len() + 32);
        assert!(first.starts_with("thr_") && first < second, "{first} {second}");
    }

    #[test]
    fn a_sequence_is_the_same_in_every_run() {
        let ids = Ids::sequence();
        assert_eq!(ids.next("tsk_"), "tsk_00000000000000000000000000000001");
        assert_eq!(ids.clone().next("usr_"), "usr_00000000000000000000000000000002");
    }
}
