//! Clients that hang up between the commit that begins their turn and the first byte of its answer.

use sqlx::{Connection as _, PgConnection};
use tokio::{task::yield_now, time::timeout};

use super::*;

/// A conversation in which one message has been answered, and somebody who may do anything in its database.
struct Scene {
    model: Model,
    house: House,
    ann: Resident,
    thread: String,
    superuser: PgConnection,
}

impl Scene {
    async fn with(on_disconnect: &str) -> Self {
        let model = Model::start().await;
        let house = house(postgres().await, &model, &["--on-disconnect", on_disconnect]).await;
        let ann = house.sign_up("ann").await;
        model.says_more();
        let first = ann.post("/api/chatkit", ask("first")).await;
        let url = house.database.superuser_url().unwrap();
        let superuser = PgConnection::connect(&url).await.unwrap();
        Self { model, house, ann, thread: thread_id(&first.body), superuser }
    }

    /// Says something, and hangs up while the database is about to begin the turn: it does so when the server has noticed.
    async fn hang_up(&mut self) {
        let house = &self.house;
        let mut lock = self.superuser.begin().await.unwrap();
        let thread = sqlx::query("SELECT 1 FROM threads WHERE id = $1 FOR UPDATE");
        thread.bind(&self.thread).execute(&mut *lock).await.unwrap();
        let body = go_on(&self.thread, "second");
        let asking = tokio::spawn(self.ann.request("POST", "/api/chatkit").json(&body).send());
        let waiting = "SELECT count(*) FROM pg_locks
                        WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid))";
        let waits = async {
            let mut waiters: i64 = 0;
            while waiters == 0 {
                waiters = sqlx::query_scalar(waiting).fetch_one(&mut *lock).await.unwrap();
            }
        };
        timeout(PATIENCE, waits).await.expect("the server waits for the thread");
        asking.abort();
        let notices = async {
            while answers(house) > 0.5 {
                yield_now().await;
            }
        };
        timeout(PATIENCE, notices).await.expect("the server notices");
        lock.rollback().await.unwrap();
    }

    /// How the conversation's newest turn has ended, when as many have as there are said to be.
    async fn end(&mut self, turns: i64) -> String {
        let ended = "SELECT count(*) FROM turns WHERE thread_id = $1 AND state <> 'running'";
        let all = async {
            let mut count: i64 = 0;
            while count < turns {
                let ended = sqlx::query_scalar(ended).bind(&self.thread);
                count = ended.fetch_one(&mut self.superuser).await.unwrap();
            }
        };
        timeout(PATIENCE, all).await.expect("all turns end");
        let newest =
            "SELECT state FROM turns WHERE thread_id = $1 ORDER BY first_sequence DESC LIMIT 1";
        let newest = sqlx::query_scalar(newest).bind(&self.thread);
        newest.fetch_one(&mut self.superuser).await.unwrap()
    }
}

/// How many answers somebody waits for.
fn answers(house: &House) -> f64 {
    let families = house.registry.gather();
    let active = families.iter().find(|one| one.name() == "todochat_chat_streams_active");
    active.unwrap().get_metric()[0].get_gauge().get_value()
}

#[tokio::test]
async fn the_turn_is_cancelled_and_not_left_to_be_swept() {
    let mut scene = Scene::with("cancel").await;
    for turns in 2..5 {
        scene.hang_up().await;
        assert_eq!(scene.end(turns).await, "cancelled", "one that was swept is `interrupted`");
    }
    let kept = items(&scene.ann, &scene.thread).await;
    let said = texts(&kept).into_iter().filter(|text| *text == "second");
    assert_eq!(said.count(), 3, "what was committed is kept: {kept:?}");
}

#[tokio::test]
async fn the_turn_is_answered_by_configuration() {
    let mut scene = Scene::with("continue").await;
    scene.model.says_more();
    scene.hang_up().await;
    assert_eq!(scene.end(2).await, "done");
    let kept = items(&scene.ann, &scene.thread).await;
    assert_eq!(texts(&kept), ["first", "one two", "second", "one two"]);
}
