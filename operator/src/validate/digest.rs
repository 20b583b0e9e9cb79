//! Short hashes of what is no secret: they tell that something has changed.

use sha2::{Digest as _, Sha256};

use crate::apply::canonical;

/// Sixteen hexadecimal digits that differ when the lines differ.
pub(super) fn digest<L: AsRef<[u8]>>(lines: impl IntoIterator<Item = L>) -> String {
    let mut hash = Sha256::new();
    for line in lines {
        hash.update(line);
        hash.update(b"\n");
    }
    canonical::hex(&hash.finalize()[..8])
}
