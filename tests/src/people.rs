//! Users as the store knows them.

use chrono::DateTime;
use todochat_database::{Database, Transaction};
use todochat_service::{Clock, Ids};
use todochat_tasks::{
    self as tasks, Description, Edit, Filter, NewTask, Page, PageRequest, Prefer, Stamp, Task,
    TaskError, Title, Undone,
};

/// One user of one database. Each thing a person does is one committed transaction. The clock stands
/// still until it is moved, and ids are counted: those of two people are the same.
#[derive(Clone, Debug)]
pub struct Person {
    /// Where.
    pub database: Database,
    /// Who: `usr_` and the name.
    pub user: String,
    /// When.
    pub clock: Clock,
    ids: Ids,
}

type Outcome<T> = Result<T, TaskError>;

impl Person {
    /// Somebody with this name.
    pub fn new(database: &Database, name: &str) -> Self {
        let start = DateTime::from_timestamp(1_800_000_000, 0).expect("a time in 2027");
        Self {
            database: database.clone(),
            user: format!("usr_{name}"),
            clock: Clock::fixed(start),
            ids: Ids::sequence(),
        }
    }

    /// When and as what the next change is made.
    pub fn stamp(&self) -> Stamp {
        Stamp { now: self.clock.now(), change_id: self.ids.next("chg_") }
    }

    /// A task to add, with the next id.
    pub fn new_task(&self, title: &str, description: &str) -> Outcome<NewTask> {
        let (title, description) = (Title::parse(title)?, Description::parse(description)?);
        Ok(NewTask { id: self.ids.next("tsk_"), title, description })
    }

    /// Does something in a transaction, and commits it if it went well.
    pub async fn write<T>(
        &self,
        deed: impl AsyncFnOnce(&mut Transaction) -> Outcome<T>,
    ) -> Outcome<T> {
        let mut tx = self.database.write_as(&self.user).await?;
        let done = deed(&mut tx).await?;
        tx.commit().await?;
        Ok(done)
    }

    /// Looks at something.
    pub async fn read<T>(
        &self,
        look: impl AsyncFnOnce(&mut Transaction) -> Outcome<T>,
    ) -> Outcome<T> {
        look(&mut self.database.read_as(&self.user).await?).await
    }

    /// Adds a task with this title.
    pub async fn add(&self, title: &str) -> Outcome<Task> {
        self.add_described(title, "").await
    }

    /// Adds a task with a description.
    pub async fn add_described(&self, title: &str, description: &str) -> Outcome<Task> {
        let new = self.new_task(title, description)?;
        self.write(async |tx| tasks::add(tx, new, self.stamp()).await).await
    }

    /// The task with an id.
    pub async fn get(&self, id: &str) -> Outcome<Task> {
        self.read(async |tx| tasks::get(tx, id).await).await
    }

    /// The task that is meant.
    pub async fn find(&self, reference: &str) -> Outcome<Task> {
        self.find_preferring(reference, Prefer::Either).await
    }

    /// The task that is meant, of those in this state if there are any.
    pub async fn find_preferring(&self, reference: &str, prefer: Prefer) -> Outcome<Task> {
        self.read(async |tx| tasks::find(tx, reference, prefer).await).await
    }

    /// The first page of all tasks.
    pub async fn list(&self) -> Outcome<Page> {
        self.list_page(&Filter::default(), &PageRequest::default()).await
    }

    /// A page of some tasks: the same in a transaction as by itself.
    pub async fn list_page(&self, filter: &Filter, page: &PageRequest) -> Outcome<Page> {
        let within = self.read(async |tx| tasks::list(tx, filter, page).await).await;
        let alone = tasks::list_of(&self.database, &self.user, filter, page).await;
        match (&within, &alone) {
            (Ok(within), Ok(alone)) => assert_eq!(within, alone),
            (within, alone) => assert!(within.is_err() && alone.is_err(), "{within:?} {alone:?}"),
        }
        within
    }

    /// Gives a task another title.
    pub async fn rename(&self, id: &str, title: &str) -> Outcome<Task> {
        let edit = Edit { title: Some(Title::parse(title)?), ..Edit::default() };
        self.update(id, edit, None).await
    }

    /// Changes a task, perhaps only at one version.
    pub async fn update(&self, id: &str, edit: Edit, expected: Option<i64>) -> Outcome<Task> {
        self.write(async |tx| tasks::update(tx, id, edit, expected, self.stamp()).await).await
    }

    /// Marks a task as done.
    pub async fn complete(&self, id: &str) -> Outcome<Task> {
        self.write(async |tx| tasks::complete(tx, id, self.stamp()).await).await
    }

    /// Marks a task as to be done again.
    pub async fn reopen(&self, id: &str) -> Outcome<Task> {
        self.write(async |tx| tasks::reopen(tx, id, self.stamp()).await).await
    }

    /// Deletes a task.
    pub async fn delete(&self, id: &str) -> Outcome<Task> {
        self.write(async |tx| tasks::delete(tx, id, self.stamp()).await).await
    }

    /// Brings a task back.
    pub async fn restore(&self, id: &str) -> Outcome<Task> {
        self.write(async |tx| tasks::restore(tx, id, self.stamp()).await).await
    }

    /// Takes the last change back.
    pub async fn undo(&self) -> Outcome<Undone> {
        self.write(async |tx| tasks::undo(tx, self.stamp()).await).await
    }
}
