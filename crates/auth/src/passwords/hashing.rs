//! argon2id in memory that goes back to the system.
//!
//! The crate's own calls take 19 MiB from the allocator each time. glibc's then keeps such a block
//! for each thread that has ever hashed, hundreds of MiB after a busy minute. So the memory is
//! brought along: a piece so large that glibc maps it alone and unmaps it when it is freed. The part
//! of it that is never touched costs nothing.

use argon2::password_hash::phc::{Output, PasswordHash, Salt};
use argon2::password_hash::{Error, Result};
use argon2::{Algorithm, Argon2, Block, Params, Version};

/// 33 MiB: above 32 MiB (`DEFAULT_MMAP_THRESHOLD_MAX`) every piece is mapped alone, whatever was
/// freed before.
const MAPPED_ALONE: usize = 33 * 1024 * 1024 / Block::SIZE;

/// A PHC string of the password with a salt of its own and today's parameters.
pub(super) fn hash(password: &[u8]) -> Result<String> {
    let salt = Salt::new(&rand::random::<[u8; Salt::RECOMMENDED_LENGTH]>())?;
    let output = compute(Version::default(), &Params::DEFAULT, password, &salt)?;
    let hash = PasswordHash {
        algorithm: argon2::ARGON2ID_IDENT,
        version: Some(Version::default().into()),
        params: (&Params::DEFAULT).try_into()?,
        salt: Some(salt),
        hash: Some(output),
    };
    Ok(hash.to_string())
}

/// Whether the password is the one that was hashed into `phc`, in the same time wherever they
/// differ. What is not a hash of ours fits nothing.
pub(super) fn fits(password: &[u8], phc: &str) -> Result<bool> {
    let hash = PasswordHash::new(phc)?;
    let (Some(salt), Some(expected)) = (hash.salt, hash.hash) else { return Ok(false) };
    if hash.algorithm != argon2::ARGON2ID_IDENT {
        return Ok(false);
    }
    let version = hash.version.map_or(Ok(Version::default()), Version::try_from)?;
    let params = Params::try_from(&hash)?;
    Ok(compute(version, &params, password, &salt)? == expected)
}

/// Whether a hash was made with less than today's parameters, or is none.
pub(super) fn is_outdated(phc: &str) -> bool {
    let Ok(hash) = PasswordHash::new(phc) else { return true };
    let Ok(params) = Params::try_from(&hash) else { return true };
    let today = Params::DEFAULT;
    hash.algorithm != argon2::ARGON2ID_IDENT
        || params.m_cost() < today.m_cost()
        || params.t_cost() < today.t_cost()
        || params.p_cost() < today.p_cost()
}

fn compute(version: Version, params: &Params, password: &[u8], salt: &Salt) -> Result<Output> {
    let mut memory = Vec::with_capacity(MAPPED_ALONE.max(params.block_count()));
    memory.resize(params.block_count(), Block::new());
    let mut output = vec![0; params.output_len().unwrap_or(Params::DEFAULT_OUTPUT_LEN)];
    Argon2::new(Algorithm::Argon2id, version, params.clone())
        .hash_password_into_with_memory(password, salt, &mut output, &mut memory)
        .map_err(Error::from)?;
    Ok(Output::new(&output)?)
}
