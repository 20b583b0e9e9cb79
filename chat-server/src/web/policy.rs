//! What a page may do: its Content-Security-Policy and the headers that go with it.

use axum::{
    http::{HeaderName, HeaderValue, header},
    response::Response,
};

use crate::config::ChatUi;

/// Nothing inline, no other host, and no string that becomes a script or markup.
const BUILTIN: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
    img-src 'self' data: blob:; font-src 'self'; manifest-src 'self'; base-uri 'none'; \
    form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

/// The closed element brings a script and a frame from its vendor's host, and knows no trusted types.
const OPENAI_CDN: &str = "default-src 'none'; script-src 'self' https://cdn.platform.openai.com; \
    frame-src https://cdn.platform.openai.com; style-src 'self'; connect-src 'self'; \
    img-src 'self' data: blob:; font-src 'self'; manifest-src 'self'; base-uri 'none'; \
    form-action 'self'; frame-ancestors 'none'";

/// The headers of every page.
#[derive(Clone)]
pub(super) struct Policy {
    content_security: &'static str,
}

impl Policy {
    /// The policy that the chosen panel needs.
    pub(super) fn new(ui: ChatUi) -> Self {
        let content_security = match ui {
            ChatUi::Builtin | ChatUi::Off => BUILTIN,
            ChatUi::OpenaiCdn => OPENAI_CDN,
        };
        Self { content_security }
    }

    /// Puts the headers on a page.
    pub(super) fn apply(&self, mut page: Response) -> Response {
        let mut set = |name: HeaderName, value: &'static str| {
            page.headers_mut().insert(name, HeaderValue::from_static(value));
        };
        set(header::CONTENT_SECURITY_POLICY, self.content_security);
        set(header::X_FRAME_OPTIONS, "DENY");
        set(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
        page
    }
}
