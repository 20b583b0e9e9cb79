//! The cookie with the refresh token.

use chrono::TimeDelta;
use http::{HeaderMap, HeaderValue, header};

use super::refresh_token::RefreshToken;

/// With TLS the name itself makes the browser insist on `Secure`, on `Path=/` and on our very host
/// (RFC 6265bis section 4.1.3.2); plain http on a laptop cannot have that.
fn name(secure: bool) -> &'static str {
    if secure { "__Host-todochat_refresh" } else { "todochat_refresh" }
}

/// A header that puts the token into the browser for as long as it may rest unused.
pub(super) fn keep(secure: bool, token: &RefreshToken, lifetime: TimeDelta) -> HeaderValue {
    header(secure, &token.reveal(), lifetime.num_seconds())
}

/// A header that takes it out again.
pub(super) fn forget(secure: bool) -> HeaderValue {
    header(secure, "", 0)
}

fn header(secure: bool, value: &str, seconds: i64) -> HeaderValue {
    let name = name(secure);
    let attribute = if secure { "; Secure" } else { "" };
    let text =
        format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict{attribute}");
    HeaderValue::from_str(&text).expect("base64url and attributes are visible ASCII")
}

/// The token that the browser sent.
pub(super) fn read(secure: bool, headers: &HeaderMap) -> Option<RefreshToken> {
    let name = name(secure);
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(found, _)| *found == name)
        .and_then(|(_, value)| RefreshToken::parse(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(cookies: &[&str]) -> HeaderMap {
        cookies.iter().map(|text| (header::COOKIE, text.parse().unwrap())).collect()
    }

    #[test]
    fn over_tls_the_cookie_is_bound_to_our_host() {
        let token = RefreshToken::random();
        for (secure, start, end) in [
            (true, "__Host-todochat_refresh=", "; HttpOnly; SameSite=Strict; Secure"),
            (false, "todochat_refresh=", "; HttpOnly; SameSite=Strict"),
        ] {
            let kept = keep(secure, &token, TimeDelta::seconds(90));
            let expected = format!("{start}{}; Path=/; Max-Age=90{end}", token.reveal());
            assert_eq!(kept, expected);
            assert_eq!(forget(secure), format!("{start}; Path=/; Max-Age=0{end}"));
        }
    }

    #[test]
    fn the_token_is_found_among_other_cookies() {
        let token = RefreshToken::random();
        let ours = format!("todochat_refresh={}", token.reveal());
        let others = format!("theme=dark;{ours} ; x=y=z");
        for cookies in [&[ours.as_str()][..], &["a=b", &ours], &[&others]] {
            assert_eq!(read(false, &sent(cookies)), Some(token.clone()), "{cookies:?}");
            assert_eq!(read(true, &sent(cookies)), None, "{cookies:?}");
        }
        for cookies in [&[][..], &["todochat_refresh"], &["todochat_refresh="], &["=;;="]] {
            assert_eq!(read(false, &sent(cookies)), None, "{cookies:?}");
        }
    }
}
