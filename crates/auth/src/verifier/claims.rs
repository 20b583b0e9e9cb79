//! What a token says, once its signature is known to be good.

use std::fmt;

use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;
use serde::de::{self, Deserializer, Visitor};

use crate::{CallBinding, Rejected, UserId};

/// How far the clocks of two machines may be apart.
const LEEWAY: i64 = 30;

/// The last second of the year 9999: a time beyond it is a mistake or an attack on arithmetic.
const LAST_SECOND: i64 = 253_402_300_799;

/// The claims of RFC 7519 that we read; all but `nbf` and `jti` are required.
#[derive(Debug, Deserialize)]
pub(super) struct RegisteredClaims {
    /// `jsonwebtoken` compares it, but would take a list for it: this refuses one.
    #[serde(rename = "iss")]
    _iss: String,
    pub(super) sub: String,
    aud: Audience,
    exp: NumericDate,
    iat: NumericDate,
    #[serde(default)]
    nbf: Option<NumericDate>,
    #[serde(default)]
    pub(super) jti: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    /// Some issuers always write a list; more than one member is refused, since whoever else is
    /// in it could use the token with us.
    List([String; 1]),
}

/// What one issuer's claims are held against.
pub(super) struct Judge<'a> {
    pub(super) audience: &'a str,
    /// Whether `aud` may be a list of one.
    pub(super) lists_allowed: bool,
    pub(super) max_lifetime: TimeDelta,
    pub(super) now: DateTime<Utc>,
}

impl Judge<'_> {
    /// Judges everything that is left after the signature and returns when the token ends.
    pub(super) fn claims(&self, claims: &RegisteredClaims) -> Result<DateTime<Utc>, Rejected> {
        self.audience(&claims.aud)?;
        let now = self.now.timestamp();
        let (issued, expires) = (claims.iat.0, claims.exp.0);
        if expires + LEEWAY <= now {
            return Err(Rejected::Expired);
        }
        if issued > now + LEEWAY
            || claims.nbf.as_ref().is_some_and(|begins| begins.0 > now + LEEWAY)
        {
            return Err(Rejected::NotYetValid);
        }
        if expires < issued || expires - issued > self.max_lifetime.num_seconds() {
            return Err(Rejected::Lifetime);
        }
        if !is_subject(&claims.sub) {
            return Err(Rejected::Subject);
        }
        DateTime::from_timestamp(expires, 0).ok_or(Rejected::Claims)
    }

    fn audience(&self, audience: &Audience) -> Result<(), Rejected> {
        let ours = match audience {
            Audience::One(one) => one == self.audience,
            Audience::List([one]) => self.lists_allowed && one == self.audience,
        };
        if ours { Ok(()) } else { Err(Rejected::Audience) }
    }
}

/// `OpenID` Connect Core section 2: at most 255 ASCII characters.
fn is_subject(subject: &str) -> bool {
    (1..=255).contains(&subject.len()) && subject.bytes().all(|byte| byte.is_ascii_graphic())
}

/// What only our own issuer may say. Never read from an external issuer's token, where the same
/// names may mean something else.
#[derive(Debug, Default)]
pub(super) struct OwnClaims {
    pub(super) user: Option<UserId>,
    pub(super) session: Option<String>,
    pub(super) call: Option<CallBinding>,
}

#[derive(Deserialize)]
struct RawOwnClaims {
    #[serde(default)]
    sid: Option<String>,
    #[serde(default)]
    tool: Option<String>,
    #[serde(default)]
    args_sha256: Option<String>,
}

impl OwnClaims {
    pub(super) fn read(payload: &[u8], subject: &str) -> Result<Self, Rejected> {
        let raw: RawOwnClaims = serde_json::from_slice(payload).map_err(|_| Rejected::Claims)?;
        let call = match (raw.tool, raw.args_sha256) {
            (None, None) => None,
            (Some(tool), Some(arguments_sha256)) => Some(CallBinding { tool, arguments_sha256 }),
            // Half a binding would be no binding, which allows more than its minter meant.
            _ => return Err(Rejected::Claims),
        };
        let user = UserId::parse(subject).ok_or(Rejected::Subject)?;
        Ok(Self { user: Some(user), session: raw.sid, call })
    }
}

/// Seconds since 1970 (RFC 7519 section 2), from then to the year 9999; a fraction is cut off.
#[derive(Debug)]
struct NumericDate(i64);

impl<'de> Deserialize<'de> for NumericDate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NumericDateVisitor).map(NumericDate)
    }
}

struct NumericDateVisitor;

impl Visitor<'_> for NumericDateVisitor {
    type Value = i64;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("seconds since 1970")
    }

    fn visit_u64<E: de::Error>(self, seconds: u64) -> Result<i64, E> {
        i64::try_from(seconds)
            .ok()
            .filter(|seconds| *seconds <= LAST_SECOND)
            .ok_or_else(|| E::custom("beyond the year 9999"))
    }

    fn visit_f64<E: de::Error>(self, seconds: f64) -> Result<i64, E> {
        // Formatting instead of a cast: it is exact, and what does not fit does not parse.
        let whole = format!("{:.0}", seconds.trunc());
        whole.parse().map_err(|_| E::custom("not a time")).and_then(|whole| self.visit_u64(whole))
    }
}
