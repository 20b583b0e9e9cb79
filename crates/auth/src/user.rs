//! The user a request acts for.

use std::fmt;

use axum::extract::FromRequestParts;
use http::StatusCode;
use http::request::Parts;

use crate::Rejected;

const PREFIX: &str = "usr_";

/// The id of one of our users, `usr_…`. A handler that takes one has a proven one: the identity
/// layer of the server puts it into the request after it verified the caller's token.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct UserId(String);

impl UserId {
    /// Reads an id that was stored by us or stood in a token that we verified.
    ///
    /// The form is `usr_` and 1 to 64 lower-case letters or digits; anything else is `None`.
    pub fn parse(id: &str) -> Option<Self> {
        let rest = id.strip_prefix(PREFIX)?;
        let well_formed = (1..=64).contains(&rest.len())
            && rest.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
        well_formed.then(|| Self(id.to_owned()))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for UserId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl AsRef<str> for UserId {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl<S: Send + Sync> FromRequestParts<S> for UserId {
    /// 401 where the identity layer found nobody, which it says by leaving a [`Rejected`]. A route
    /// outside the layer is our mistake and not the caller's: closed to everybody with a 500.
    type Rejection = StatusCode;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        if let Some(user) = parts.extensions.get::<Self>() {
            return Ok(user.clone());
        }
        if parts.extensions.get::<Rejected>().is_some() {
            return Err(StatusCode::UNAUTHORIZED);
        }
        tracing::error!("A route takes a user outside the identity layer");
        Err(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_form_is_an_id() {
        for good in ["usr_0190f6a2b3c47d5e8f90a1b2c3d4e5f6", "usr_1"] {
            assert_eq!(UserId::parse(good).map(|id| id.to_string()).as_deref(), Some(good));
        }
        let long = format!("usr_{}", "a".repeat(65));
        for bad in
            ["", "usr_", "ses_1", "1", "usr_A", "usr_a b", "usr_a\0", " usr_a", "usr_é", &long]
        {
            assert_eq!(UserId::parse(bad), None, "{bad:?}");
        }
    }

    #[tokio::test]
    async fn only_a_user_that_the_layer_left_is_proven() {
        let (mut parts, ()) = http::Request::new(()).into_parts();
        let outside = UserId::from_request_parts(&mut parts, &()).await;
        assert_eq!(outside, Err(StatusCode::INTERNAL_SERVER_ERROR));

        parts.extensions.insert(Rejected::Missing);
        let nobody = UserId::from_request_parts(&mut parts, &()).await;
        assert_eq!(nobody, Err(StatusCode::UNAUTHORIZED));

        let user = UserId::parse("usr_1").unwrap();
        parts.extensions.insert(user.clone());
        assert_eq!(UserId::from_request_parts(&mut parts, &()).await, Ok(user));
    }
}
