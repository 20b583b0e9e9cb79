//! How a look ended, and whether it changed anything.

use crate::queue::Ended;

/// How a look ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Looked {
    /// When the next one takes place.
    pub(super) ended: Ended,
    /// Whether it wrote more than a status.
    pub(super) wrote: bool,
}

impl From<Ended> for Looked {
    /// One that wrote no more than a status.
    fn from(ended: Ended) -> Self {
        Self { ended, wrote: false }
    }
}

impl Looked {
    /// The same, after something that may have been written.
    pub(super) fn after(self, wrote: bool) -> Self {
        Self { wrote: self.wrote || wrote, ..self }
    }

    /// Its name in metrics.
    pub(super) fn result(self) -> &'static str {
        match (self.ended, self.wrote) {
            (Ended::Badly(_), _) => "error",
            (Ended::Again, _) | (Ended::Well(_), true) => "changed",
            (Ended::Well(Some(_)), false) => "waiting",
            (Ended::Well(None), false) => "unchanged",
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn whoever_wrote_has_changed_something_unless_it_failed_in_the_end() {
        let soon = Some(Duration::from_secs(3));
        for (ended, idle, wrote) in [
            (Ended::Well(None), "unchanged", "changed"),
            (Ended::Well(soon), "waiting", "changed"),
            (Ended::Again, "changed", "changed"),
            (Ended::Badly(soon), "error", "error"),
        ] {
            assert_eq!(Looked::from(ended).result(), idle, "{ended:?}");
            assert_eq!(Looked::from(ended).after(true).result(), wrote, "{ended:?}");
        }
    }
}
