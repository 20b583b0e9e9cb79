//! Whoever makes roles, in one transaction under a lock: says the statements, and asks what there is.
//!
//! Nothing is prepared under a name, so that a pooler may stand between.

use sqlx::{AssertSqlSafe, Connection as _, PgConnection, Row as _};

use super::{
    RoleError, failed,
    statements::{IS_SUPERUSER, LOCK, OTHER_OWNER, Rights, SET_ROLE, TOO_CLOSE, TOO_MUCH},
};

/// What there is under a role's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    Missing,
    Fit,
}

/// The transaction, and what the templates are filled with.
pub(super) struct Speaker<'a> {
    tx: sqlx::Transaction<'a, sqlx::Postgres>,
    /// The role that it is about, and whose secret it is.
    whose: &'a str,
    secret: &'a str,
    group: &'a str,
}

impl<'a> Speaker<'a> {
    pub(super) async fn begin(
        connection: &'a mut PgConnection,
        whose: &'a str,
        secret: &'a str,
        group: &'a str,
    ) -> Result<Self, RoleError> {
        let tx = connection.begin().await.map_err(failed(whose))?;
        let mut speaker = Self { tx, whose, secret, group };
        sqlx::raw_sql(LOCK).execute(&mut *speaker.tx).await.map_err(failed(whose))?;
        Ok(speaker)
    }

    pub(super) async fn commit(self) -> Result<(), RoleError> {
        self.tx.commit().await.map_err(failed(self.whose))
    }

    /// What the server has under this name, which is not to be a way round row-level security.
    pub(super) async fn judge(&mut self, role: &str) -> Result<Standing, RoleError> {
        if self.asks("SELECT $1::name = current_user", role).await? == Some(true) {
            return Err(RoleError::Same);
        }
        match self.asks(TOO_MUCH, role).await? {
            None => Ok(Standing::Missing),
            Some(false) => Ok(Standing::Fit),
            Some(true) => Err(RoleError::TooMuch { role: role.to_owned() }),
        }
    }

    /// The same of one that is nobody's member who owns the tables or makes roles.
    pub(super) async fn judge_stranger(&mut self, role: &str) -> Result<Standing, RoleError> {
        let standing = self.judge(role).await?;
        if self.asks(TOO_CLOSE, role).await? == Some(true) {
            return Err(RoleError::TooMuch { role: role.to_owned() });
        }
        Ok(standing)
    }

    pub(super) async fn is_superuser(&mut self) -> Result<bool, RoleError> {
        let asking = sqlx::query_scalar(IS_SUPERUSER).persistent(false).fetch_one(&mut *self.tx);
        asking.await.map_err(failed(self.whose))
    }

    pub(super) async fn other_owner(&mut self) -> Result<Option<String>, RoleError> {
        let asking =
            sqlx::query_scalar(OTHER_OWNER).persistent(false).fetch_optional(&mut *self.tx);
        asking.await.map_err(failed(self.whose))
    }

    /// Speaks as this role from now on.
    pub(super) async fn speak_as(&mut self, role: &str) -> Result<(), RoleError> {
        self.run(SET_ROLE, role).await
    }

    pub(super) async fn asks(
        &mut self,
        sql: &'static str,
        role: &str,
    ) -> Result<Option<bool>, RoleError> {
        let asking = sqlx::query_scalar(sql).bind(role).persistent(false);
        asking.fetch_optional(&mut *self.tx).await.map_err(failed(self.whose))
    }

    pub(super) async fn run(
        &mut self,
        template: &'static str,
        role: &str,
    ) -> Result<(), RoleError> {
        self.run_on(template, role, "").await
    }

    pub(super) async fn run_all(
        &mut self,
        templates: &'static [&'static str],
        role: &str,
    ) -> Result<(), RoleError> {
        for template in templates {
            self.run(template, role).await?;
        }
        Ok(())
    }

    /// Gives or takes rights on what belongs to whoever speaks, and on nothing of others in the same schema.
    pub(super) async fn grant(&mut self, rights: &Rights, role: &str) -> Result<(), RoleError> {
        for (templates, kinds) in [(rights.tables, "rp"), (rights.sequences, "S")] {
            if let Some(own) = self.own(kinds).await? {
                for template in templates {
                    self.run_on(template, role, &own).await?;
                }
            }
        }
        self.run_all(rights.later, role).await
    }

    /// What belongs to whoever speaks, as a list of names.
    async fn own(&mut self, kinds: &str) -> Result<Option<String>, RoleError> {
        let asking = sqlx::query_scalar(
            "SELECT string_agg(format('public.%I', relname), ', ' ORDER BY relname) \
             FROM pg_class JOIN pg_roles AS who ON who.oid = relowner \
             WHERE relnamespace = 'public'::regnamespace AND rolname = current_user \
             AND strpos($1, relkind::text) > 0",
        );
        let asking = asking.bind(kinds).persistent(false).fetch_one(&mut *self.tx);
        asking.await.map_err(failed(self.whose))
    }

    /// Lets the server write the statement: it knows best how names and texts are quoted, and takes
    /// no parameters in statements of this kind.
    async fn run_on(
        &mut self,
        template: &'static str,
        role: &str,
        own: &str,
    ) -> Result<(), RoleError> {
        let failed = failed(self.whose);
        let row = sqlx::query(
            "SELECT format($1::text, $2::text, $3::text, current_database(), $4::text, \
             greatest(current_setting('max_connections')::int * 4 / 5, 1), $5::text)",
        )
        .bind(template)
        .bind(role)
        .bind(self.secret)
        .bind(self.group)
        .bind(own)
        .persistent(false)
        .fetch_one(&mut *self.tx)
        .await
        .map_err(&failed)?;
        let statement: String = row.try_get(0).map_err(&failed)?;
        sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut *self.tx).await.map_err(&failed)?;
        Ok(())
    }
}
