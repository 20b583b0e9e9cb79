//! How often the Lease has changed hands, by its own word.

use std::sync::{Arc, Mutex, PoisonError};

use k8s_openapi::api::coordination::v1::Lease;

/// How often the Lease has changed hands, as this process has last seen it. Clones see the same.
#[derive(Clone, Debug, Default)]
pub struct Transitions(Arc<Mutex<Option<u32>>>);

impl Transitions {
    /// How often; `None` before the Lease was seen.
    pub fn seen(&self) -> Option<u32> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn note(&self, lease: &Lease) {
        let said = lease.spec.as_ref().and_then(|spec| spec.lease_transitions).unwrap_or_default();
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = u32::try_from(said).ok();
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::leading::lease::claim;

    #[test]
    fn it_is_what_the_lease_says_and_nothing_before_that() {
        let transitions = Transitions::default();
        assert_eq!(transitions.seen(), None);
        let first = claim(None, "a", Duration::from_secs(8), true);
        transitions.note(&first);
        assert_eq!(transitions.seen(), Some(0));
        transitions.note(&claim(Some(&first), "b", Duration::from_secs(8), true));
        assert_eq!(transitions.clone().seen(), Some(1));
    }
}
