//! The schema, who owns its tables, and the logins of those who use them.

use super::{Database, Pools};
use crate::{
    DatabaseUrl, MigrateError, RoleError, connect,
    migrate::{self, Newer},
    roles::{self, Retirement},
};

impl Database {
    /// Brings the schema up to the migrations built into this program; does nothing when they have
    /// run. Several programs may try at once.
    pub async fn migrate(&self) -> Result<(), MigrateError> {
        match &self.pools {
            Pools::Postgres(pool) => {
                migrate::postgres(&pool.now().connect_options(), Newer::Ignore).await
            }
            Pools::Sqlite { writer, .. } => migrate::sqlite(writer).await,
        }
    }

    /// The same for whoever does nothing else, on Postgres: with the login of `migrator`, if there is one for that. A schema
    /// that is newer than this program is refused and left alone.
    pub async fn upgrade(&self, migrator: Option<&DatabaseUrl>) -> Result<(), MigrateError> {
        match (&self.pools, migrator) {
            (Pools::Postgres(_), Some(DatabaseUrl::Postgres(url))) => {
                migrate::postgres(&connect::options(url)?, Newer::Refuse).await
            }
            (Pools::Postgres(pool), None) => {
                migrate::postgres(&pool.now().connect_options(), Newer::Refuse).await
            }
            (Pools::Sqlite { .. }, _) | (_, Some(DatabaseUrl::Sqlite(_))) => {
                Err(MigrateError::NotPostgres)
            }
        }
    }

    /// Makes sure that there is a role that owns the tables, which nobody logs in as, and the login in the URL `migrator`,
    /// with that password, which acts as that role. Tables that were somebody else's are given to it, while servers use them.
    pub async fn ensure_owner(
        &self,
        migrator: &DatabaseUrl,
        runtime: &DatabaseUrl,
    ) -> Result<(), RoleError> {
        match &self.pools {
            Pools::Postgres(pool) => roles::own(&pool.now(), migrator, runtime).await,
            Pools::Sqlite { .. } => Err(RoleError::NotPostgres),
        }
    }

    /// Makes sure that the login in the URL `runtime` exists, with that password, and may read and
    /// write the rows of this migrated database but not change the schema. Several programs may try
    /// at once; doing it again changes nothing but the password.
    pub async fn ensure_runtime_role(&self, runtime: &DatabaseUrl) -> Result<(), RoleError> {
        match &self.pools {
            Pools::Postgres(pool) => roles::ensure(&pool.now(), runtime).await,
            Pools::Sqlite { .. } => Err(RoleError::NotPostgres),
        }
    }

    /// Takes the right to log in from the login `role`, which the one in the URL `current` has taken the place of, as soon as
    /// it has no session left. One that is not there, or has no such right any more, is none to wait for.
    pub async fn retire_login(
        &self,
        role: &str,
        current: &DatabaseUrl,
        retirement: Retirement,
    ) -> Result<(), RoleError> {
        match &self.pools {
            Pools::Postgres(pool) => roles::retire(&pool.now(), role, current, retirement).await,
            Pools::Sqlite { .. } => Err(RoleError::NotPostgres),
        }
    }
}
