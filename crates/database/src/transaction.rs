//! One transaction of one caller.

use sqlx::Sqlite;

use crate::{
    Error, Notice, PostgresTransaction,
    notice::{CHANNEL, Line, Outlet},
};

/// A transaction on either database. Dropped without [`commit`](Self::commit), it is rolled back.
#[derive(Debug)]
pub struct Transaction {
    connection: Connection,
    user: Option<String>,
    notices: Vec<Notice>,
    outlet: Outlet,
}

/// The driver's own transaction; [`on_each!`](crate::on_each) takes it apart.
#[derive(Debug)]
pub enum Connection {
    /// On a Postgres server.
    Postgres(PostgresTransaction),
    /// On a SQLite file.
    Sqlite(sqlx::Transaction<'static, Sqlite>),
}

impl Transaction {
    pub(crate) fn new(connection: Connection, user: Option<&str>, outlet: Outlet) -> Self {
        let user = user.map(str::to_owned);
        Self { connection, user, notices: Vec::new(), outlet }
    }

    /// The user it was begun for, if for one.
    pub fn user(&self) -> Option<&str> {
        self.user.as_deref()
    }

    /// Where statements run.
    pub fn connection(&mut self) -> &mut Connection {
        &mut self.connection
    }

    /// Announces a change to all subscribers, on this replica and others, when and only when the
    /// transaction is committed, and soon after. The same notice twice is one.
    pub fn notify(&mut self, notice: Notice) {
        if !self.notices.contains(&notice) {
            self.notices.push(notice);
        }
    }

    /// Makes everything durable, then announces it.
    pub async fn commit(self) -> Result<(), Error> {
        let Self { connection, user: _, notices, outlet } = self;
        match connection {
            Connection::Postgres(transaction) => {
                commit_on_postgres(transaction, notices, &outlet).await?;
            }
            Connection::Sqlite(transaction) => {
                transaction.commit().await?;
                for notice in notices {
                    outlet.send(notice);
                }
            }
        }
        Ok(())
    }
}

async fn commit_on_postgres(
    mut transaction: PostgresTransaction,
    notices: Vec<Notice>,
    outlet: &Outlet,
) -> Result<(), Error> {
    let (within, after): (Vec<_>, Vec<_>) =
        notices.into_iter().partition(|notice| notice.topic.must_arrive());
    for notice in &within {
        sqlx::query("SELECT pg_notify($1, $2)")
            .bind(CHANNEL)
            .bind(notice.to_payload())
            .execute(&mut transaction)
            .await?;
    }
    transaction.commit().await?;
    // They do not come back to us by themselves.
    if outlet.line() == Line::Pooled {
        for notice in within {
            outlet.send(notice);
        }
    }
    outlet.announce(after);
    Ok(())
}

/// Writes a statement once for both databases: the expression is expanded for each driver, with the
/// name bound to that driver's connection. Its value is the statement's own `Result<_, sqlx::Error>`.
///
/// ```
/// # async fn count(tx: &mut todochat_database::Transaction) -> Result<i64, sqlx::Error> {
/// todochat_database::on_each!(tx, connection => {
///     sqlx::query_scalar("SELECT count(*) FROM tasks WHERE user_id = $1")
///         .bind("usr_1")
///         .fetch_one(connection)
///         .await
/// })
/// # }
/// ```
#[macro_export]
macro_rules! on_each {
    ($transaction:expr, $connection:ident => $body:expr) => {
        match $transaction.connection() {
            $crate::Connection::Postgres(transaction) => {
                let $connection = &mut *transaction;
                $body
            }
            $crate::Connection::Sqlite(transaction) => {
                let $connection = &mut **transaction;
                $body
            }
        }
    };
}
