//! The operator's own Secrets, as recipes. `apply` makes their content; none of it passes through here.

use super::{login, metadata};
use crate::{
    children::{Entry, SecretPlan, Source, UrlParts},
    names::{self, Part},
    rotating::{self, Login, Record},
    validated::{DatabaseRuns, Owner, ToolAuth, Validated},
};

/// The superuser of the Embedded database.
pub(super) const ADMIN: &str = "postgres";
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
    [signing_keys(validated)]
        .into_iter()
        .chain(admin_login(validated))
        .chain([server_login(validated)])
        .chain(migrator_login(validated))
        .chain(shared.map(|tool| tool_token(owner, &tool.name)))
        .collect()
}

fn plan(owner: &Owner, part: &Part, name: String, entries: Entries) -> SecretPlan {
    let entries = entries.into_iter().map(|(key, entry)| (key.to_owned(), entry));
    SecretPlan { metadata: metadata::named(owner, part, name), entries: entries.collect() }
}

/// What tokens are signed with. The salt keys the digests of Secrets, which stand in annotations.
fn signing_keys(validated: &Validated) -> SecretPlan {
    let turn = &validated.rotation.keys;
    let mut entries = vec![
        ("keys.json", Entry::SigningKeys(turn.step)),
        ("jwks.json", Entry::PublicKeys { of: "keys.json" }),
        ("salt", Entry::Random(TOKEN_BYTES)),
    ];
    entries.extend(record(&turn.record, turn.is_first));
    let owner = &validated.owner;
    plan(owner, &Part::Chat, names::signing_keys_secret(&owner.name), entries)
}

fn record(record: &Record, is_first: bool) -> Option<(&'static str, Entry)> {
    Some((rotating::RECORD, text(record.to_text()?, is_first)))
}

/// What is made for the first time as far as is known may be there all the same, and further: then it stays so.
fn text(text: String, is_first: bool) -> Entry {
    if is_first { Entry::Default(text) } else { Entry::Text(text) }
}

/// The login that makes the others, if the operator knows it.
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
    let entries = match (&validated.database.runs, &validated.rotation.login) {
        (DatabaseRuns::Cnpg { cluster, .. }, _) => given(validated, &format!("{cluster}-app")),
        (DatabaseRuns::External(external), _) if !external.is_admin => {
            given(validated, &external.secret)
        }
        (_, Some(login)) => taking_turns(validated, login),
        (_, None) => Vec::new(),
    };
    plan(owner, &Part::Database, names::login_secret(&owner.name), entries)
}

/// The login that migrates, where one can be made.
fn migrator_login(validated: &Validated) -> Option<SecretPlan> {
    let login = validated.rotation.login.as_ref()?;
    let owner = &validated.owner;
    let entries = made(validated, login.migrator.clone());
    Some(plan(owner, &Part::Database, names::migrator_secret(&owner.name), entries))
}

/// A login with a password of our own.
fn made(validated: &Validated, username: String) -> Entries {
    vec![
        ("username", Entry::Text(username)),
        ("password", Entry::Random(PASSWORD_BYTES)),
        ("url", url(validated, Source::Own)),
    ]
}

/// The same for one that takes turns with another, and the other one while it is made ready.
fn taking_turns(validated: &Validated, login: &Login) -> Entries {
    let password = if login.takes_over {
        Entry::TakenOver { by: login.username.clone() }
    } else {
        Entry::Random(PASSWORD_BYTES)
    };
    let mut entries = vec![
        ("username", text(login.username.clone(), login.is_first)),
        ("password", password),
        ("url", url(validated, Source::Own)),
    ];
    if let Some(next) = &login.next {
        let [username, password, next_url] = rotating::NEXT;
        let own =
            |part: &'static str| Source::Own(if part == "username" { username } else { password });
        entries.extend([
            (username, Entry::Text(next.clone())),
            (password, Entry::Random(PASSWORD_BYTES)),
            (next_url, url(validated, own)),
        ]);
    }
    entries.extend(record(&login.record, login.is_first));
    entries
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
