//! The list, page by page, and its counts.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sqlx::{Arguments as _, error::BoxDynError, postgres::PgArguments};
use todochat_database::{Database, Transaction, at_once, on_each};

use crate::{Invalid, Task, TaskError, task::caller, words};

const LIMIT_DEFAULT: u32 = 50;
const LIMIT_MAX: u32 = 200;

/// Which tasks are listed.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// In which state.
    pub status: Status,
    /// With all these words, or words that begin with them, in title or description; any case. The
    /// first eight words count.
    pub query: Option<String>,
}

/// In which state listed tasks are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Any.
    #[default]
    All,
    /// To be done.
    #[serde(alias = "pending")]
    Open,
    /// Done.
    Completed,
}

/// Which page.
#[derive(Clone, Debug, Default)]
pub struct PageRequest {
    /// How many tasks: 50 by default, 1 to 200; what is outside is brought inside.
    pub limit: Option<u32>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

/// One page of the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Page {
    /// The tasks, newest first.
    pub tasks: Vec<Task>,
    /// Where the next page begins, if there is one. Opaque.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// How many tasks the user has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, sqlx::FromRow)]
pub struct Summary {
    /// All.
    pub total: i64,
    /// Those to be done.
    pub open: i64,
    /// Those that are done.
    pub completed: i64,
}

/// One page of the user's tasks, newest first. Pages neither repeat nor skip a task that stays,
/// whatever is added or deleted meanwhile.
pub async fn list(
    tx: &mut Transaction,
    filter: &Filter,
    page: &PageRequest,
) -> Result<Page, TaskError> {
    let user = caller(tx);
    let Some(asked) = Asked::of(&user, filter, page)? else { return Ok(Page::empty()) };
    Ok(asked.page(select(tx, &user, &asked).await?))
}

/// The same by itself, in one round trip where the database can do that.
pub async fn list_of(
    database: &Database,
    user: &str,
    filter: &Filter,
    page: &PageRequest,
) -> Result<Page, TaskError> {
    let Some(asked) = Asked::of(user, filter, page)? else { return Ok(Page::empty()) };
    let arguments = asked.arguments(user).map_err(sqlx::Error::Encode)?;
    match database.read_at_once(SELECT_AT_ONCE, arguments).await? {
        Some(tasks) => Ok(asked.page(tasks)),
        None => list(&mut database.read_as(user).await?, filter, page).await,
    }
}

impl Page {
    fn empty() -> Self {
        Self { tasks: Vec::new(), next_cursor: None }
    }
}

/// What a page is asked for, in the words of the statement.
struct Asked {
    before: i64,
    completed: Option<bool>,
    limit: usize,
    patterns: [String; words::PATTERNS],
    mark: u64,
}

impl Asked {
    /// `None` for what no task can be.
    fn of(user: &str, filter: &Filter, page: &PageRequest) -> Result<Option<Self>, TaskError> {
        let words = filter.query.as_deref().map(words::of).unwrap_or_default();
        let asked_for_words = filter.query.as_deref().is_some_and(|query| !query.trim().is_empty());
        let mark = mark(user, filter.status, &words);
        let before = match &page.cursor {
            Some(cursor) => read_cursor(cursor, mark)?,
            None => i64::MAX,
        };
        if words.is_empty() && asked_for_words {
            // Asked for punctuation only, which no word has.
            return Ok(None);
        }
        let completed = match filter.status {
            Status::All => None,
            Status::Open => Some(false),
            Status::Completed => Some(true),
        };
        let limit = page.limit.unwrap_or(LIMIT_DEFAULT).clamp(1, LIMIT_MAX) as usize;
        Ok(Some(Self { before, completed, limit, patterns: words::patterns(&words), mark }))
    }

    /// One more than the page has, to know whether there is another.
    fn rows(&self) -> i64 {
        i64::try_from(self.limit + 1).expect("at most 201")
    }

    fn arguments(&self, user: &str) -> Result<PgArguments, BoxDynError> {
        let mut arguments = PgArguments::default();
        arguments.add(user)?;
        arguments.add(self.before)?;
        arguments.add(self.completed)?;
        arguments.add(self.rows())?;
        for pattern in &self.patterns {
            arguments.add(pattern)?;
        }
        Ok(arguments)
    }

    fn page(&self, mut tasks: Vec<Task>) -> Page {
        let more = tasks.len() > self.limit;
        tasks.truncate(self.limit);
        let last = tasks.last().filter(|_| more);
        let next_cursor = last.map(|last| format!("{:x}.{:016x}", last.number, self.mark));
        Page { tasks, next_cursor }
    }
}

/// How many tasks the user has.
pub async fn summary(tx: &mut Transaction) -> Result<Summary, TaskError> {
    let user = caller(tx);
    let summary = on_each!(tx, connection => {
        sqlx::query_as(
            "SELECT count(*) AS total,
                    count(CASE WHEN completed THEN NULL ELSE 1 END) AS open,
                    count(CASE WHEN completed THEN 1 END) AS completed
             FROM tasks
             WHERE user_id = $1 AND deleted_at IS NULL",
        )
        .bind(&user)
        .fetch_one(connection)
        .await
    })?;
    Ok(summary)
}

/// Whose tasks, before which number, done or not, how many, and the patterns that their words match.
macro_rules! select {
    ($user:literal, $before:literal, $completed:literal, $most:literal, $($pattern:literal)*) => {
        concat!(
            "SELECT id, number, title, description, completed, version, created_at, updated_at
             FROM tasks
             WHERE user_id = ",
            $user,
            " AND deleted_at IS NULL AND number < ",
            $before,
            " AND (",
            $completed,
            " IS NULL OR completed = ",
            $completed,
            ")",
            $(" AND title_words || description_words LIKE ", $pattern,)*
            " ORDER BY number DESC LIMIT ",
            $most
        )
    };
}

const SELECT: &str = select!("$1", "$2", "$3", "$4", "$5" "$6" "$7" "$8" "$9" "$10" "$11" "$12");
const SELECT_AT_ONCE: &str = at_once!(
    "SELECT task.*",
    "$2::bigint AS before, $3::boolean AS completed, $4::bigint AS most, $5::text AS one, $6::text AS two,
     $7::text AS three, $8::text AS four, $9::text AS five, $10::text AS six, $11::text AS seven, $12::text AS eight",
    concat!(
        "CROSS JOIN LATERAL (",
        select!(
            "caller.id", "caller.before", "caller.completed", "caller.most",
            "caller.one" "caller.two" "caller.three" "caller.four" "caller.five" "caller.six" "caller.seven" "caller.eight"
        ),
        ") task"
    )
);

async fn select(tx: &mut Transaction, user: &str, asked: &Asked) -> Result<Vec<Task>, TaskError> {
    let tasks = on_each!(tx, connection => {
        let mut query = sqlx::query_as(SELECT)
            .bind(user)
            .bind(asked.before)
            .bind(asked.completed)
            .bind(asked.rows());
        for pattern in &asked.patterns {
            query = query.bind(pattern);
        }
        query.fetch_all(connection).await
    })?;
    Ok(tasks)
}

/// Tells one list from another, so that a cursor is only taken where it was given: FNV-1a over what
/// makes the list. It guards against mistakes; the statements guard against other users.
fn mark(user: &str, status: Status, words: &[String]) -> u64 {
    let list = format!("{user}\n{status:?}\n{}", words.join(" "));
    list.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

fn read_cursor(cursor: &str, mark: u64) -> Result<i64, Invalid> {
    let (number, list) = cursor.split_once('.').ok_or(Invalid::Cursor)?;
    let number = i64::from_str_radix(number, 16).map_err(|_| Invalid::Cursor)?;
    let list = u64::from_str_radix(list, 16).map_err(|_| Invalid::Cursor)?;
    if list == mark && number > 0 { Ok(number) } else { Err(Invalid::Cursor) }
}
