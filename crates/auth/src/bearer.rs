//! The bearer token of a request.

use http::HeaderMap;
use http::header::AUTHORIZATION;

use crate::Rejected;

/// Takes the token out of the `Authorization` header (RFC 6750): exactly one header, the scheme
/// in any case, one space, and a token of visible ASCII.
pub fn bearer(headers: &HeaderMap) -> Result<&str, Rejected> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let value = values.next().ok_or(Rejected::Missing)?;
    if values.next().is_some() {
        return Err(Rejected::Scheme);
    }
    let (scheme, token) =
        value.to_str().ok().and_then(|text| text.split_once(' ')).ok_or(Rejected::Scheme)?;
    let well_formed = scheme.eq_ignore_ascii_case("bearer")
        && !token.is_empty()
        && token.bytes().all(|byte| byte.is_ascii_graphic());
    if well_formed { Ok(token) } else { Err(Rejected::Scheme) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(values: &[&str]) -> HeaderMap {
        values.iter().map(|value| (AUTHORIZATION, value.parse().unwrap())).collect()
    }

    #[test]
    fn the_scheme_is_read_in_any_case() {
        for value in ["Bearer abc", "bearer abc", "BEARER abc"] {
            assert_eq!(bearer(&headers(&[value])), Ok("abc"), "{value}");
        }
    }

    #[test]
    fn anything_but_one_bearer_token_is_refused() {
        assert_eq!(bearer(&HeaderMap::new()), Err(Rejected::Missing));
        assert_eq!(bearer(&headers(&["Bearer a", "Bearer a"])), Err(Rejected::Scheme));
        for value in [
            "",
            "Bearer",
            "Bearer ",
            "Bearer  a",
            " Bearer a",
            "Bearer a ",
            "Bearer a b",
            "Bearer\ta",
            "Basic abc",
            "Token abc",
            "abc",
            "Bearer,a",
            "Bearer: a",
            "Bearer \u{e9}",
            "Bearera",
        ] {
            assert_eq!(bearer(&headers(&[value])), Err(Rejected::Scheme), "{value:?}");
        }
    }
}
