//! One transaction that brings a login, and the groups it is a member of, to what they shall be.

use sqlx::{AssertSqlSafe, Connection as _, PgConnection, Row as _};

use super::{
    RoleError, failed,
    login::Login,
    statements::{
        ALTER_LOGIN, CREATE_GROUP, CREATE_LOGIN, LOCK, LOGIN, MAY_CREATE, OF_READERS, OF_THE_GROUP,
        REVOKES, TOO_MUCH,
    },
};

/// What the templates are filled with.
pub(super) struct Session<'a> {
    role: &'a str,
    secret: &'a str,
    group: String,
    readers: String,
}

/// What there is under a role's name.
enum Standing {
    Missing,
    Fit,
}

impl<'a> Session<'a> {
    pub(super) fn new(login: &'a Login, secret: &'a str) -> Self {
        Self { role: &login.role, secret, group: login.group(), readers: login.readers() }
    }

    pub(super) async fn ensure(&self, connection: &mut PgConnection) -> Result<(), RoleError> {
        let failed = failed(self.role);
        let mut tx = connection.begin().await.map_err(&failed)?;
        sqlx::query("SELECT pg_advisory_xact_lock($1)")
            .bind(LOCK)
            .execute(&mut *tx)
            .await
            .map_err(&failed)?;
        let set_password = match self.judge(&mut tx, self.role).await? {
            Standing::Missing => CREATE_LOGIN,
            Standing::Fit => ALTER_LOGIN,
        };
        self.groups(&mut tx).await?;
        self.run(&mut tx, set_password, self.role).await?;
        for statement in LOGIN {
            self.run(&mut tx, statement, self.role).await?;
        }
        self.keep_from_creating(&mut tx).await?;
        tx.commit().await.map_err(&failed)
    }

    async fn groups(&self, tx: &mut PgConnection) -> Result<(), RoleError> {
        for (group, rights) in [(&self.group, OF_THE_GROUP), (&self.readers, OF_READERS)] {
            if matches!(self.judge(tx, group).await?, Standing::Missing) {
                self.run(tx, CREATE_GROUP, group).await?;
            }
            for statement in rights {
                self.run(tx, statement, group).await?;
            }
        }
        Ok(())
    }

    /// What the server has under this name.
    async fn judge(&self, tx: &mut PgConnection, role: &str) -> Result<Standing, RoleError> {
        if self.asks(tx, "SELECT $1::name = current_user", role).await? == Some(true) {
            return Err(RoleError::Same);
        }
        match self.asks(tx, TOO_MUCH, role).await? {
            None => Ok(Standing::Missing),
            Some(false) => Ok(Standing::Fit),
            Some(true) => Err(RoleError::TooMuch { role: role.to_owned() }),
        }
    }

    /// Before Postgres 15 everybody could make tables in `public`.
    async fn keep_from_creating(&self, tx: &mut PgConnection) -> Result<(), RoleError> {
        for revoke in REVOKES {
            if self.asks(tx, MAY_CREATE, self.role).await? != Some(true) {
                return Ok(());
            }
            self.run(tx, revoke, self.role).await?;
        }
        match self.asks(tx, MAY_CREATE, self.role).await? {
            Some(true) => Err(RoleError::MayCreate { role: self.role.to_owned() }),
            _ => Ok(()),
        }
    }

    async fn asks(
        &self,
        tx: &mut PgConnection,
        sql: &'static str,
        role: &str,
    ) -> Result<Option<bool>, RoleError> {
        let found = sqlx::query_scalar(sql).bind(role).fetch_optional(tx).await;
        found.map_err(failed(self.role))
    }

    /// Lets the server write the statement: it knows best how names and texts are quoted, and takes
    /// no parameters in statements of this kind.
    async fn run(
        &self,
        tx: &mut PgConnection,
        template: &'static str,
        role: &str,
    ) -> Result<(), RoleError> {
        let failed = failed(self.role);
        let row = sqlx::query(
            "SELECT format($1::text, $2::text, $3::text, current_database(), $4::text, \
             greatest(current_setting('max_connections')::int * 4 / 5, 1))",
        )
        .bind(template)
        .bind(role)
        .bind(self.secret)
        .bind(&self.group)
        .fetch_one(&mut *tx)
        .await
        .map_err(&failed)?;
        let statement: String = row.try_get(0).map_err(&failed)?;
        sqlx::raw_sql(AssertSqlSafe(statement)).execute(tx).await.map(drop).map_err(&failed)
    }
}
