//! How programs get to the database: by a URL in a file, and the certificates that its server is checked against.

use super::pod::volumes::{self, Mounted};
use crate::{
    names,
    validated::{DatabaseRuns, Validated},
};

/// The servers' login.
pub(super) const SERVER_URL: &str = "/etc/todochat/database/url";
/// The login that makes the others.
pub(super) const ADMIN_URL: &str = "/etc/todochat/admin/url";
/// The login that migrates.
pub(super) const MIGRATOR_URL: &str = "/etc/todochat/migrator/url";
/// The password of the Embedded database's superuser.
pub(super) const ADMIN_PASSWORD: &str = "/etc/todochat/admin/password";

const CA_FOLDER: &str = "/etc/todochat/database-ca";
const CA_FILE: &str = "ca.crt";

/// What a server mounts.
pub(super) fn of_servers(validated: &Validated) -> Vec<Mounted> {
    let secret = names::login_secret(&validated.owner.name);
    let url = volumes::secret("database", (&secret, "url"), "/etc/todochat/database", "url");
    [url].into_iter().chain(authority(validated)).collect()
}

/// What makes the login mounts that takes over next: its URL stands where the servers' own would.
pub(super) fn of_next(validated: &Validated) -> Vec<Mounted> {
    let secret = names::login_secret(&validated.owner.name);
    let url = volumes::secret("database", (&secret, "next-url"), "/etc/todochat/database", "url");
    [url].into_iter().chain(authority(validated)).collect()
}

/// The URL with the login that makes the others.
pub(super) fn of_admin(validated: &Validated) -> Mounted {
    let secret = names::admin_secret(&validated.owner.name);
    volumes::secret("admin", (&secret, "url"), "/etc/todochat/admin", "url")
}

/// The URL with the login that migrates.
pub(super) fn of_migrator(validated: &Validated) -> Mounted {
    let secret = names::migrator_secret(&validated.owner.name);
    volumes::secret("migrator", (&secret, "url"), "/etc/todochat/migrator", "url")
}

/// The password of that login, for the programs of PostgreSQL itself.
pub(super) fn admin_password(validated: &Validated) -> Mounted {
    let secret = names::admin_secret(&validated.owner.name);
    volumes::secret("admin", (&secret, "password"), "/etc/todochat/admin", "password")
}

/// Whether a migration has a login of its own, and makes the servers' one.
pub(super) fn has_admin(runs: &DatabaseRuns) -> bool {
    match runs {
        DatabaseRuns::Embedded(_) => true,
        DatabaseRuns::External(external) => external.is_admin,
        DatabaseRuns::Cnpg { .. } => false,
    }
}

/// The database's name: ours, the one that CloudNativePG makes by default, or people's.
pub(super) fn database(runs: &DatabaseRuns) -> &str {
    match runs {
        DatabaseRuns::Embedded(_) => "todochat",
        DatabaseRuns::External(external) => &external.database,
        DatabaseRuns::Cnpg { .. } => "app",
    }
}

/// What servers are told of a database that others run: it may be one that stops while nobody uses it.
pub(super) fn may_sleep(runs: &DatabaseRuns) -> Option<&'static str> {
    matches!(runs, DatabaseRuns::External(_)).then_some("--database-may-sleep")
}

fn authority(validated: &Validated) -> Option<Mounted> {
    match &validated.database.runs {
        DatabaseRuns::Embedded(_) => None,
        DatabaseRuns::Cnpg { cluster, .. } => {
            let secret = format!("{cluster}-ca");
            Some(volumes::secret("database-ca", (&secret, "ca.crt"), CA_FOLDER, CA_FILE))
        }
        DatabaseRuns::External(external) => {
            let (name, key) = external.ca.as_ref()?;
            Some(volumes::config_map("database-ca", (name, key), CA_FOLDER, CA_FILE))
        }
    }
}

/// What stands in the URL beside login, host and database: how far the server is trusted.
pub(super) fn parameters(runs: &DatabaseRuns) -> String {
    match runs {
        // It never leaves the namespace, whose policies let only our own pods in.
        DatabaseRuns::Embedded(_) => "sslmode=disable".to_owned(),
        DatabaseRuns::Cnpg { .. } => format!("sslmode=verify-ca&sslrootcert={CA_FOLDER}/{CA_FILE}"),
        DatabaseRuns::External(external) if external.ca.is_some() => {
            format!("sslmode={}&sslrootcert={CA_FOLDER}/{CA_FILE}", external.ssl_mode)
        }
        DatabaseRuns::External(external) => format!("sslmode={}", external.ssl_mode),
    }
}
