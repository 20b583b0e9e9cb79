//! Short hashes of what is no secret: they tell that something has changed.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

/// Sixteen hexadecimal digits that differ when the lines differ.
pub(super) fn digest<L: AsRef<[u8]>>(lines: impl IntoIterator<Item = L>) -> String {
    let mut hash = Sha256::new();
    for line in lines {
        hash.update(line);
        hash.update(b"\n");
    }
    hash.finalize().iter().take(8).fold(String::with_capacity(16), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a string takes all that is written to it");
        text
    })
}
