//! A recipe and what is there already → the content. What is there and fit stays; what is missing is made.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use rand::{TryRng as _, rngs::SysRng};
use serde_json::Value;
use todochat_auth::KeyRing;

use super::{
    Sources,
    content::{Content, Hidden},
};
use crate::{
    children::{Entry, SecretPlan, Source, UrlParts},
    rotating::KeyStep,
};

/// Why a Secret cannot be made now.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(in crate::apply) enum Lacking {
    /// Something that it is made of is not there.
    #[error("needs the entry {key} of the Secret {secret}")]
    Entry {
        /// The Secret.
        secret: String,
        /// The entry.
        key: String,
    },
    /// The machine gave no random bytes.
    #[error("the operating system gave no random bytes")]
    Randomness,
}

/// The content by the recipe: `there`, as far as it is fit, and what others have in theirs.
pub(in crate::apply) fn fill(
    plan: &SecretPlan,
    there: &Content,
    sources: &Sources,
) -> Result<Content, Lacking> {
    let mut content = Content::default();
    // What is made of other entries comes after them.
    for (key, entry) in &plan.entries {
        if let Some(value) = original(plan, entry, there, key)? {
            content.insert(key, value);
        }
    }
    for (key, entry) in &plan.entries {
        if let Some(value) = derived(plan, entry, there.get(key), &content, sources)? {
            content.insert(key, value);
        }
    }
    Ok(content)
}

fn original(
    plan: &SecretPlan,
    entry: &Entry,
    there: &Content,
    key: &str,
) -> Result<Option<Hidden>, Lacking> {
    let found = there.get(key);
    Ok(match entry {
        Entry::Random(length) => match found.filter(|value| is_text(value)) {
            Some(value) => Some(value.clone()),
            None => Some(random(*length)?),
        },
        Entry::TakenOver { by } => {
            Some(taken_over(by, there).ok_or_else(|| lacking(plan, "next-password"))?)
        }
        Entry::SigningKeys(step) => Some(match (found, found.and_then(ring)) {
            (Some(found), Some(ring)) => turned(found, ring, *step),
            _ => KeyRing::generate().to_json().into(),
        }),
        Entry::Text(text) => Some(text.clone().into()),
        Entry::Default(text) => {
            let found = found.filter(|value| is_text(value)).cloned();
            Some(found.unwrap_or_else(|| text.clone().into()))
        }
        Entry::PublicKeys { .. } | Entry::DatabaseUrl(_) => None,
    })
}

/// The password that was made ready for this login, or the one that it has taken over already.
fn taken_over(by: &str, there: &Content) -> Option<Hidden> {
    let is_by = |key: &str| there.get(key).and_then(Hidden::as_str) == Some(by);
    let ready = if is_by("next-username") { there.get("next-password") } else { None };
    let taken = if is_by("username") { there.get("password") } else { None };
    ready.or(taken).filter(|value| is_text(value)).cloned()
}

/// The ring one step further; where the step was taken already it stays as it is, to the byte.
fn turned(found: &Hidden, ring: KeyRing, step: Option<KeyStep>) -> Hidden {
    match step {
        Some(KeyStep::Publish) if !ring.has_next() => ring.with_next().to_json().into(),
        Some(KeyStep::Sign) if ring.has_next() => ring.promoted().to_json().into(),
        Some(KeyStep::Forget) if ring.has_retired() && !ring.has_next() => {
            ring.without_retired().to_json().into()
        }
        _ => found.clone(),
    }
}

fn derived(
    plan: &SecretPlan,
    entry: &Entry,
    there: Option<&Hidden>,
    content: &Content,
    sources: &Sources,
) -> Result<Option<Hidden>, Lacking> {
    match entry {
        Entry::PublicKeys { of } => {
            let keys = content.get(of).and_then(ring).ok_or_else(|| lacking(plan, of))?.jwks();
            // The same keys in another layout are the same keys.
            let same = there.filter(|value| {
                serde_json::from_slice::<Value>(value.bytes()).is_ok_and(|old| old == keys)
            });
            Ok(Some(same.cloned().unwrap_or_else(|| keys.to_string().into())))
        }
        Entry::DatabaseUrl(parts) => {
            let find = |source: &Source| find(plan, source, content, sources);
            Ok(Some(url(parts, &find(&parts.user)?, &find(&parts.password)?)))
        }
        Entry::Random(_)
        | Entry::TakenOver { .. }
        | Entry::SigningKeys(_)
        | Entry::Text(_)
        | Entry::Default(_) => Ok(None),
    }
}

fn find(
    plan: &SecretPlan,
    source: &Source,
    content: &Content,
    sources: &Sources,
) -> Result<Hidden, Lacking> {
    let (value, missing) = match source {
        Source::Own(key) => (content.get(key), lacking(plan, key)),
        Source::Other { secret, key } => (
            sources.get(secret).and_then(|content| content.get(key)),
            Lacking::Entry { secret: secret.clone(), key: key.clone() },
        ),
    };
    value.filter(|value| is_text(value)).cloned().ok_or(missing)
}

fn lacking(plan: &SecretPlan, key: &str) -> Lacking {
    let secret = plan.metadata.name.clone().unwrap_or_default();
    Lacking::Entry { secret, key: key.to_owned() }
}

fn is_text(value: &Hidden) -> bool {
    value.as_str().is_some_and(|text| !text.is_empty())
}

pub(super) fn ring(value: &Hidden) -> Option<KeyRing> {
    KeyRing::from_json(value.as_str()?).ok()
}

fn random(length: usize) -> Result<Hidden, Lacking> {
    let mut bytes = vec![0; length];
    SysRng.try_fill_bytes(&mut bytes).map_err(|_| Lacking::Randomness)?;
    Ok(URL_SAFE_NO_PAD.encode(bytes).into())
}

fn url(parts: &UrlParts, user: &Hidden, password: &Hidden) -> Hidden {
    let UrlParts { host, port, database, parameters, .. } = parts;
    let (user, password) = (encoded(user.bytes()), encoded(password.bytes()));
    let host = if host.contains(':') { format!("[{host}]") } else { host.clone() };
    let mark = if parameters.is_empty() { "" } else { "?" };
    let database = encoded(database.as_bytes());
    format!("postgres://{user}:{password}@{host}:{port}/{database}{mark}{parameters}").into()
}

/// Percent-encoded but for what RFC 3986 calls unreserved.
fn encoded(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for &byte in bytes {
        match byte {
            b'-' | b'.' | b'_' | b'~' => text.push(char::from(byte)),
            _ if byte.is_ascii_alphanumeric() => text.push(char::from(byte)),
            _ => text.extend(['%', hex_digit(byte >> 4), hex_digit(byte & 15)]),
        }
    }
    text
}

fn hex_digit(value: u8) -> char {
    char::from_digit(value.into(), 16).expect("four bits are a digit").to_ascii_uppercase()
}

#[cfg(test)]
mod tests;
