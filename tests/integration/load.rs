//! People who read and write all the while, so that what is lost meanwhile is seen.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use futures_util::future::join_all;
use todochat_database::{Database, Notice, Topic, on_each};

/// How many they are.
const BUSY: usize = 6;

/// Reads something that is no user's.
pub(crate) async fn read(database: &Database) -> Result<i64, todochat_database::Error> {
    let mut tx = database.read().await?;
    Ok(on_each!(tx, connection => {
        sqlx::query_scalar("SELECT count(*) FROM rate_limits").fetch_one(connection).await
    })?)
}

/// Writes something under a key that is not there yet, and announces it.
pub(crate) async fn write(database: &Database, key: &str) -> Result<(), todochat_database::Error> {
    let mut tx = database.write().await?;
    on_each!(tx, connection => {
        sqlx::query("INSERT INTO rate_limits (user_id, arrival) VALUES ($1, 1)")
            .bind(key)
            .execute(connection)
            .await
            .map(drop)
    })?;
    tx.notify(Notice { topic: Topic::TasksChanged, user: key.to_owned(), subject: String::new() });
    tx.commit().await
}

/// People who read and write until they are told to stop, and what failed.
pub(crate) struct Load {
    stop: Arc<AtomicBool>,
    done: Arc<AtomicUsize>,
    people: Vec<tokio::task::JoinHandle<Vec<String>>>,
}

impl Load {
    /// Begins on these databases.
    pub(crate) fn on(databases: &[Database]) -> Self {
        let (stop, done) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let people = (0..BUSY).map(|number| {
            let database = databases[number % databases.len()].clone();
            let (stop, done) = (stop.clone(), done.clone());
            tokio::spawn(async move {
                let mut failed = Vec::new();
                for round in 0.. {
                    if stop.load(Ordering::Relaxed) {
                        break;
                    }
                    let key = format!("usr_{number}_{round}");
                    failed.extend(
                        write(&database, &key).await.err().map(|error| format!("{error:?}")),
                    );
                    failed.extend(read(&database).await.err().map(|error| format!("{error:?}")));
                    done.fetch_add(2, Ordering::Relaxed);
                }
                failed
            })
        });
        Self { people: people.collect(), stop, done }
    }

    /// Waits until some more was done.
    pub(crate) async fn some_more(&self) {
        let enough = self.done.load(Ordering::Relaxed) + 200;
        while self.done.load(Ordering::Relaxed) < enough {
            tokio::task::yield_now().await;
        }
    }

    /// Tells them to stop. Nothing has failed; returns how much was done.
    pub(crate) async fn end(self) -> usize {
        self.stop.store(true, Ordering::Relaxed);
        let failed: Vec<String> =
            join_all(self.people).await.into_iter().flat_map(Result::unwrap).collect();
        assert_eq!(failed, Vec::<String>::new());
        self.done.load(Ordering::Relaxed)
    }
}
