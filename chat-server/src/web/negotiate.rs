//! One file and the request's headers to a response: which encoding, and whether to send it at all.

use axum::{
    body::Body,
    http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header},
};

use super::asset::{Asset, Encoded};

/// The element is loaded by other people's pages too, under this name that never changes.
const ELEMENT: &str = "/chatkit.js";

/// Answers with the file, or with 304 when the client has it already.
pub(super) fn respond(asset: &'static Asset, request: &HeaderMap) -> Response<Body> {
    let (encoded, encoding) = choose(asset, request);
    let cached = matches(request, encoded.etag);
    let mut response = Response::new(if cached { Body::empty() } else { encoded.bytes.into() });
    if cached {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
    }
    let headers = response.headers_mut();
    let mut set = |name: HeaderName, value: &'static str| {
        headers.insert(name, HeaderValue::from_static(value));
    };
    set(header::ETAG, encoded.etag);
    set(header::CACHE_CONTROL, caching(asset));
    set(header::VARY, "Accept-Encoding");
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(header::REFERRER_POLICY, "same-origin");
    if asset.path == ELEMENT {
        set(header::ACCESS_CONTROL_ALLOW_ORIGIN, "*");
    }
    if !cached {
        set(header::CONTENT_TYPE, asset.mime);
        if let Some(encoding) = encoding {
            set(header::CONTENT_ENCODING, encoding);
        }
    }
    response
}

fn caching(asset: &Asset) -> &'static str {
    match asset.path {
        _ if asset.immutable => "public, max-age=31536000, immutable",
        ELEMENT => "public, max-age=300",
        _ => "no-cache",
    }
}

/// The encoding the client likes best; among equals the smallest.
fn choose(asset: &'static Asset, request: &HeaderMap) -> (&'static Encoded, Option<&'static str>) {
    let mut best = (&asset.plain, None, quality(request, "identity").unwrap_or(1));
    for (encoded, name) in [(&asset.gzip, "gzip"), (&asset.brotli, "br")] {
        let quality = quality(request, name).unwrap_or(0);
        if let Some(encoded) = encoded
            && quality > 0
            && quality >= best.2
        {
            best = (encoded, Some(name), quality);
        }
    }
    (best.0, best.1)
}

/// How much the client likes an encoding, in thousandths; `None` when it says nothing about it.
fn quality(request: &HeaderMap, encoding: &str) -> Option<u16> {
    let mut any = None;
    for item in list(request, &header::ACCEPT_ENCODING) {
        let mut parts = item.split(';').map(str::trim);
        let name = parts.next().unwrap_or_default();
        let quality = parts.find_map(weight).unwrap_or(1000);
        if name.eq_ignore_ascii_case(encoding) {
            return Some(quality);
        }
        if name == "*" {
            any = Some(quality);
        }
    }
    any
}

/// `q=0.5` to 500. What is no number counts as a refusal.
fn weight(parameter: &str) -> Option<u16> {
    let value = parameter.strip_prefix("q=").or_else(|| parameter.strip_prefix("Q="))?;
    let value = value.parse::<f32>().unwrap_or(0.0).clamp(0.0, 1.0);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped to 0..=1000"
    )]
    Some((value * 1000.0).round() as u16)
}

/// Whether the client's `If-None-Match` names this tag. Comparison is weak, as RFC 9110 13.1.2 says.
fn matches(request: &HeaderMap, etag: &str) -> bool {
    list(request, &header::IF_NONE_MATCH)
        .any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == etag)
}

/// The items of a comma-separated header, over all its lines.
fn list<'a>(request: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'a str> {
    request
        .get_all(name)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .filter(|item| !item.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    static PAGE: Asset = Asset {
        path: "/page.html",
        mime: "text/html",
        immutable: false,
        plain: Encoded { bytes: b"plain", etag: "\"p\"" },
        brotli: Some(Encoded { bytes: b"br", etag: "\"b\"" }),
        gzip: Some(Encoded { bytes: b"gz", etag: "\"g\"" }),
    };

    fn ask(name: HeaderName, value: &'static str) -> Response<Body> {
        respond(&PAGE, &HeaderMap::from_iter([(name, HeaderValue::from_static(value))]))
    }

    fn encoding_for(accepted: &'static str) -> Option<String> {
        let response = ask(header::ACCEPT_ENCODING, accepted);
        let value = response.headers().get(header::CONTENT_ENCODING)?;
        Some(value.to_str().unwrap().to_owned())
    }

    #[test]
    fn the_smallest_encoding_that_the_client_takes_is_sent() {
        for (accepted, sent) in [
            ("gzip, deflate, br, zstd", Some("br")),
            ("gzip", Some("gzip")),
            ("GZIP;Q=0.5", Some("gzip")),
            ("*", Some("br")),
            ("br;q=0.5, gzip;q=0.9", Some("gzip")),
            ("identity, gzip;q=0.5", None),
            ("zstd", None),
            ("", None),
        ] {
            assert_eq!(encoding_for(accepted).as_deref(), sent, "{accepted:?}");
        }
    }

    #[test]
    fn an_encoding_refused_with_q_0_is_not_sent() {
        for (accepted, sent) in [
            ("br;q=0, gzip", Some("gzip")),
            ("*, br;q=0", Some("gzip")),
            ("br;q=0.000, gzip; q=0", None),
            ("gzip;q=none", None),
            ("*;q=0", None),
        ] {
            assert_eq!(encoding_for(accepted).as_deref(), sent, "{accepted:?}");
        }
    }

    #[test]
    fn a_client_that_has_the_encoding_gets_304_with_its_tag() {
        for (tags, status) in [
            ("\"p\"", 304),
            ("W/\"p\"", 304),
            ("\"x\", \"p\"", 304),
            ("*", 304),
            ("\"b\"", 200),
            ("p", 200),
        ] {
            let response = ask(header::IF_NONE_MATCH, tags);
            assert_eq!(response.status(), status, "{tags}");
            assert_eq!(response.headers()[header::ETAG], "\"p\"");
            assert_eq!(response.headers()[header::CACHE_CONTROL], "no-cache");
        }
    }
}
