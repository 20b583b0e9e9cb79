//! Somebody at the door: not a proven user, but a request that may ask to become one.

use std::net::{IpAddr, Ipv6Addr};

use axum::extract::FromRequestParts;
use http::{HeaderMap, header, request::Parts};
use todochat_service::{ApiError, listener::RemoteAddr};

use crate::state::AppState;

const LONGEST_USER_AGENT: usize = 200;

/// Where a request comes from. As an extractor it refuses what another site made a browser send,
/// since the browser adds the cookie by itself, and everything while built-in accounts are off.
#[derive(Debug)]
pub(super) struct Visitor {
    /// The address that limits are counted for.
    pub(super) address: String,
    /// What the browser calls itself.
    pub(super) user_agent: Option<String>,
}

impl FromRequestParts<AppState> for Visitor {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        if !state.settings.builtin_accounts {
            return Err(ApiError::not_found());
        }
        if !is_same_origin(&parts.headers, &state.settings.public_url) {
            return Err(ApiError::forbidden(
                "cross_origin",
                "This cannot be asked by another site.",
            ));
        }
        Ok(Self {
            address: parts
                .extensions
                .get()
                .map_or_else(String::new, |RemoteAddr(a)| counted(a.ip())),
            user_agent: user_agent(&parts.headers),
        })
    }
}

/// Whether our own page asks, or a program that is no browser. Browsers say where a request comes
/// from and let no page change it; `Origin` is for those too old for `Sec-Fetch-Site`.
fn is_same_origin(headers: &HeaderMap, public_url: &str) -> bool {
    let text = |name| headers.get(name).map(|value| value.to_str().unwrap_or("unreadable"));
    if let Some(site) = text(header::HeaderName::from_static("sec-fetch-site")) {
        return matches!(site, "same-origin" | "none");
    }
    let Some(origin) = text(header::ORIGIN) else { return true };
    let asked = text(header::HOST).unwrap_or_default();
    let host = origin.split_once("://").map(|(_, host)| host);
    origin == public_url || (!asked.is_empty() && host == Some(asked))
}

/// One customer of an IPv6 network has at least a /64, so that is one address.
fn counted(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            Ipv6Addr::from([a, b, c, d, 0, 0, 0, 0]).to_string()
        }
    }
}

fn user_agent(headers: &HeaderMap) -> Option<String> {
    let text = headers.get(header::USER_AGENT)?.to_str().ok()?;
    Some(text.chars().take(LONGEST_USER_AGENT).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(headers: &[(&'static str, &'static str)]) -> bool {
        let mut map: HeaderMap = headers
            .iter()
            .map(|(name, value)| {
                (header::HeaderName::from_static(name), header::HeaderValue::from_static(value))
            })
            .collect();
        map.insert(header::HOST, header::HeaderValue::from_static("127.0.0.1:8080"));
        is_same_origin(&map, "https://todo.example")
    }

    #[test]
    fn our_own_pages_and_programs_may_ask() {
        assert!(asked(&[]));
        assert!(asked(&[("sec-fetch-site", "same-origin")]));
        assert!(asked(&[("sec-fetch-site", "none")]));
        assert!(asked(&[("origin", "https://todo.example")]));
        assert!(asked(&[("origin", "http://127.0.0.1:8080")]));
    }

    #[test]
    fn other_sites_may_not() {
        for site in ["cross-site", "same-site", "", "x"] {
            let ours = ("origin", "https://todo.example");
            assert!(!asked(&[("sec-fetch-site", site), ours]), "{site}");
        }
        for origin in
            ["https://evil.example", "null", "", "https://todo.example.evil", "127.0.0.1:8080"]
        {
            assert!(!asked(&[("origin", origin)]), "{origin}");
        }
    }

    #[test]
    fn a_network_counts_as_one_address() {
        for (address, counts_as) in [
            ("192.0.2.7", "192.0.2.7"),
            ("::ffff:192.0.2.7", "192.0.2.7"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ] {
            assert_eq!(counted(address.parse().unwrap()), counts_as);
        }
    }
}
