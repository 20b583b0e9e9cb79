//! The operator's own Secrets, as recipes. `apply` makes their content; none of it passes through here.

use serde_json::json;

use super::{login, metadata};
use crate::{
    apply::canonical,
    children::{Entry, SecretPlan, Source, UrlParts},
    names::{self, Part},
    validated::{DatabaseRuns, External, Owner, ToolAuth, Validated},
};

/// The superuser of the Embedded database.
pub(super) const ADMIN: &str = "postgres";
/// The login that the servers use.
const LOGIN: &str = "todochat_app";
/// Bytes of a login's password.
const PASSWORD_BYTES: usize = 24;
/// Bytes of a token or salt.
const TOKEN_BYTES: usize = 32;

/// What a Secret holds.
type Entries = Vec<(&'static str, Entry)>;

/// All of them.
pub(super) fn plans(validated: &Validated) -> Vec<SecretPlan> {
    let owner = &validated.owner;
    let shared = validated.tool_servers.iter().filter(|tool| tool.auth == ToolAuth::Shared);
    [signing_keys(owner)]
        .into_iter()
        .chain(admin_login(validated))
        .chain([server_login(validated)])
        .chain(shared.map(|tool| tool_token(owner, &tool.name)))
        .collect()
}

fn plan(owner: &Owner, part: &Part, name: String, entries: Entries) -> SecretPlan {
    let entries = entries.into_iter().map(|(key, entry)| (key.to_owned(), entry));
    SecretPlan { metadata: metadata::named(owner, part, name), entries: entries.collect() }
}

/// What tokens are signed with. The salt keys the digests of Secrets, which stand in annotations.
fn signing_keys(owner: &Owner) -> SecretPlan {
    let entries = vec![
        ("keys.json", Entry::SigningKeys),
        ("jwks.json", Entry::PublicKeys { of: "keys.json" }),
        ("salt", Entry::Random(TOKEN_BYTES)),
    ];
    plan(owner, &Part::Chat, names::signing_keys_secret(&owner.name), entries)
}

/// The login that owns the schema and makes the servers' one, if the operator knows it.
fn admin_login(validated: &Validated) -> Option<SecretPlan> {
    let owner = &validated.owner;
    let entries = match &validated.database.runs {
        DatabaseRuns::Embedded(_) => made(validated, ADMIN.to_owned()),
        DatabaseRuns::External(external) if external.is_admin => given(validated, &external.secret),
        DatabaseRuns::External(_) | DatabaseRuns::Cnpg { .. } => return None,
    };
    Some(plan(owner, &Part::Database, names::admin_secret(&owner.name), entries))
}

/// The login that the servers use.
fn server_login(validated: &Validated) -> SecretPlan {
    let owner = &validated.owner;
    let entries = match &validated.database.runs {
        DatabaseRuns::Embedded(_) => made(validated, LOGIN.to_owned()),
        DatabaseRuns::External(external) if external.is_admin => {
            made(validated, role(owner, external))
        }
        DatabaseRuns::External(external) => given(validated, &external.secret),
        DatabaseRuns::Cnpg { cluster, .. } => given(validated, &format!("{cluster}-app")),
    };
    plan(owner, &Part::Database, names::login_secret(&owner.name), entries)
}

/// A role is the whole server's, and the server may have the databases of many objects.
fn role(owner: &Owner, external: &External) -> String {
    let whose = json!([owner.namespace, owner.name, external.database]);
    format!("{LOGIN}_{}", &canonical::hash(&whose)[..8])
}

/// A login with a password of our own.
fn made(validated: &Validated, username: String) -> Entries {
    vec![
        ("username", Entry::Text(username)),
        ("password", Entry::Random(PASSWORD_BYTES)),
        ("url", url(validated, Source::Own)),
    ]
}

/// A login that is in somebody else's Secret.
fn given(validated: &Validated, secret: &str) -> Entries {
    let other =
        |key: &'static str| Source::Other { secret: secret.to_owned(), key: key.to_owned() };
    vec![("url", url(validated, other))]
}

fn url(validated: &Validated, source: impl Fn(&'static str) -> Source) -> Entry {
    Entry::DatabaseUrl(Box::new(UrlParts {
        user: source("username"),
        password: source("password"),
        host: validated.database.host.clone(),
        port: validated.database.port,
        database: login::database(&validated.database.runs).to_owned(),
        parameters: login::parameters(&validated.database.runs),
    }))
}

fn tool_token(owner: &Owner, server: &str) -> SecretPlan {
    let entries = vec![("token", Entry::Random(TOKEN_BYTES))];
    let name = names::tool_secret(&owner.name, server);
    plan(owner, &Part::Tool(server.to_owned()), name, entries)
}
