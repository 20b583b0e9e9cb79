//! Whose tokens are good: our own issuer's, and those of `--issuers-file`.

use std::{path::Path, time::Duration};

use anyhow::{Context as _, ensure};
use http::header::CACHE_CONTROL;
use reqwest::{Client, Response, Url};
use todochat_auth::{ExternalIssuer, Fetch, FetchError, Fetched, Issuer, Verifier, parse_issuers};

use crate::{config::AccountArgs, outgoing::Outgoing};

/// No set of keys is larger.
const LARGEST_BODY: usize = 256 * 1024;

const TIMEOUT: Duration = Duration::from_secs(10);

/// Puts together who is trusted. Keys of external issuers are fetched when they are first needed,
/// so an issuer that is away keeps nobody else out.
pub fn verifier(
    args: &AccountArgs,
    issuer: &Issuer,
    audience: String,
    outgoing: &Outgoing,
) -> anyhow::Result<Verifier> {
    let mut verifier = Verifier::new(audience);
    if args.builtin_accounts {
        verifier = verifier.trust_keys(issuer.url(), issuer.keys().public().clone());
    }
    if let Some(file) = &args.issuers_file {
        for external in read(file)? {
            let about = || format!("the issuer {} in {}", external.issuer, file.display());
            ensure!(external.issuer != issuer.url(), "{} has our own name", about());
            let fetch = fetch(&external, outgoing).with_context(about)?;
            verifier = verifier.trust_external(&external, fetch);
        }
    }
    Ok(verifier)
}

fn read(file: &Path) -> anyhow::Result<Vec<ExternalIssuer>> {
    let about = || format!("--issuers-file {}", file.display());
    let text = std::fs::read_to_string(file).with_context(about)?;
    parse_issuers(&text).with_context(about)
}

/// How the issuer's keys are fetched: over TLS, or unencrypted from a listed address.
fn fetch(issuer: &ExternalIssuer, outgoing: &Outgoing) -> anyhow::Result<Fetch> {
    let url = Url::parse(&issuer.jwks_url).context("its jwks_url is no URL")?;
    let outgoing = if url.scheme() == "https" { outgoing.clone() } else { outgoing.listed_only() };
    outgoing.check(&url).context("its jwks_url")?;
    let client = outgoing.client().timeout(TIMEOUT).build()?;
    Ok(Fetch::new(move |url| {
        let client = client.clone();
        async move { get(&client, &url).await.map_err(|error| FetchError(error.into())) }
    }))
}

async fn get(client: &Client, url: &str) -> anyhow::Result<Fetched> {
    let response = client.get(url).header("accept", "application/json").send().await?;
    let status = response.status();
    ensure!(status.is_success(), "it answered {status}");
    let max_age = max_age(&response);
    Ok(Fetched { body: body(response).await?, max_age })
}

/// The body, unless it is too large: it is not read further than that.
async fn body(mut response: Response) -> anyhow::Result<Vec<u8>> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        ensure!(body.len() + chunk.len() <= LARGEST_BODY, "the answer is too large");
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

fn max_age(response: &Response) -> Option<Duration> {
    let directives = response.headers().get(CACHE_CONTROL)?.to_str().ok()?;
    let mut directives = directives.split(',').map(str::trim);
    let seconds = directives.find_map(|directive| directive.strip_prefix("max-age="))?;
    seconds.parse().ok().map(Duration::from_secs)
}
