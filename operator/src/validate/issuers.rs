//! External issuers, as the file of `--issuers-file`. Whoever will read it reads it here first.

use serde::Serialize;
use todochat_auth::parse_issuers;

use super::{Pass, addresses::web_address};
use crate::crd::{IssuerSpec, TokenType};

#[derive(Serialize)]
struct Row<'a> {
    issuer: &'a str,
    jwks_url: &'a str,
    audience: &'a str,
    algorithms: &'a [String],
    /// `null` is "not checked"; leaving it out would mean `at+jwt`.
    typ: Option<&'static str>,
}

/// The file's text.
pub(super) fn issuers(pass: &mut Pass<'_>, specs: &[IssuerSpec]) -> String {
    const PATH: &str = "spec.chat.auth.issuers";
    if specs.is_empty() {
        pass.findings.malformed(PATH, "type JWKS needs issuers: whose tokens are accepted");
    }
    for spec in specs {
        web_address(pass, &format!("{PATH}[{}].jwksUrl", spec.issuer), &spec.jwks_url);
    }
    let rows: Vec<_> = specs.iter().map(row).collect();
    let json = serde_json::to_string(&rows).expect("texts can be written as JSON");
    if let Err(error) = parse_issuers(&json) {
        pass.findings.malformed(PATH, error);
    }
    json
}

fn row(spec: &IssuerSpec) -> Row<'_> {
    Row {
        issuer: &spec.issuer,
        jwks_url: &spec.jwks_url,
        audience: &spec.audience,
        algorithms: &spec.algorithms,
        typ: match spec.token_type {
            TokenType::AtJwt => Some("at+jwt"),
            TokenType::Jwt => Some("JWT"),
            TokenType::Any => None,
        },
    }
}
