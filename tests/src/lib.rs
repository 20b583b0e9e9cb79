//! What the tests have in common: people who do things, and databases and clusters to do them in.
//!
//! - [`cluster`]: a Kubernetes API server, who acts in it, and the operator as a program
//! - [`fault_proxy`]: stands between the operator and the API server, counts, and does harm
//! - [`house`]: both servers on loopback, and residents who use them over HTTP
//! - [`people`]: one user of one database, without a server between
//! - [`postgres_proxy`]: stands between a program and Postgres, counts, cuts, and plays a database that sleeps
//! - [`on_each_database!`]: runs a case on Postgres and on SQLite

#![expect(clippy::unwrap_used, reason = "what cannot be set up ends the test, and says where")]

pub mod cluster;
pub mod fault_proxy;
pub mod house;
pub mod people;
pub mod postgres_proxy;

#[doc(hidden)]
pub use todochat_database::testing::{POSTGRES_URL, TestDatabase};

/// Makes two tests of each named case, `async fn case(database: TestDatabase)`: one on SQLite, one
/// on Postgres, each with a fresh database.
#[macro_export]
macro_rules! on_each_database {
    ($($case:ident),+ $(,)?) => {
        mod sqlite {
            $(
                #[tokio::test]
                async fn $case() {
                    super::$case($crate::TestDatabase::sqlite().await).await;
                }
            )+
        }

        mod postgres {
            $(
                #[tokio::test]
                async fn $case() {
                    super::$case($crate::postgres().await).await;
                }
            )+
        }
    };
}

/// The same, and once more on Postgres without functions that save round trips, as behind a transaction pooler.
#[macro_export]
macro_rules! on_each_way {
    ($($case:ident),+ $(,)?) => {
        $crate::on_each_database!($($case),+);

        mod pooled {
            $(
                #[tokio::test]
                async fn $case() {
                    super::$case($crate::postgres().await.without_round_trips_saved()).await;
                }
            )+
        }
    };
}

/// A fresh Postgres database. That there is a server is the job of `make test`.
pub async fn postgres() -> TestDatabase {
    let database = TestDatabase::postgres().await;
    database.unwrap_or_else(|| panic!("set {POSTGRES_URL}, as `make test` does"))
}
