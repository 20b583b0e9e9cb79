//! Flags that several of our servers have.

use std::time::Duration;

/// In a cluster the address that a connection comes from is a proxy's or another server's: it stands for many people, and a
/// limit for it would be one for all of them.
pub(super) const ONE_ADDRESS_IS_MANY: &str = "--max-connections-per-address=0";

/// A length of time as the servers read it.
pub(super) fn duration(length: Duration) -> String {
    match length.subsec_millis() {
        0 => format!("{}s", length.as_secs()),
        _ => format!("{}ms", length.as_millis()),
    }
}
