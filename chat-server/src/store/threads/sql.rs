//! The statements. All have the user in their predicate.

use todochat_database::at_once;

pub(super) const INSERT_THREAD: &str = "
    INSERT INTO threads
        (id, user_id, title, status, image_domains, metadata, next_sequence, created_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";

pub(super) const LOAD_THREAD: &str = "
    SELECT id, title, status, image_domains, metadata, created_at
      FROM threads
     WHERE id = $1
       AND user_id = $2";

pub(super) const SAVE_THREAD: &str = "
    UPDATE threads
       SET title = $3, status = $4, image_domains = $5, metadata = $6
     WHERE id = $1
       AND user_id = $2";

pub(super) const DELETE_THREAD: &str = "
    DELETE FROM threads
     WHERE id = $1
       AND user_id = $2";

pub(super) const PLACE_OF_THREAD: &str = "
    SELECT created_at, id
      FROM threads
     WHERE id = $1
       AND user_id = $2";

pub(super) const THREADS_ASCENDING: &str = "
    SELECT id, title, status, image_domains, metadata, created_at
      FROM threads
     WHERE user_id = $1
       AND (created_at, id) > ($2, $3)
     ORDER BY created_at, id
     LIMIT $4";

pub(super) const THREADS_DESCENDING: &str = "
    SELECT id, title, status, image_domains, metadata, created_at
      FROM threads
     WHERE user_id = $1
       AND (created_at, id) < ($2, $3)
     ORDER BY created_at DESC, id DESC
     LIMIT $4";

/// A page of threads in one go. The cursor is a thread's id or NULL; $3 and $4 are where a page begins that has none.
///
/// No `coalesce`: to Postgres it might leak what row-level security hides, so the index would not be searched with it.
macro_rules! threads_at_once {
    ($beyond:literal, $order:literal) => {
        at_once!(
            "SELECT thread.*",
            "$2::text AS cursor, $3::timestamptz AS beginning, $4::text AS first, $5::bigint AS most",
            concat!(
                "CROSS JOIN LATERAL (
                    SELECT id, title, status, image_domains, metadata, created_at
                      FROM threads
                     WHERE user_id = caller.id
                       AND (created_at, id) ",
                $beyond,
                " (CASE WHEN caller.cursor IS NULL THEN caller.beginning
                        ELSE (SELECT created_at FROM threads
                               WHERE id = caller.cursor AND user_id = caller.id)
                   END, CASE WHEN caller.cursor IS NULL THEN caller.first ELSE caller.cursor END)
                     ORDER BY ",
                $order,
                " LIMIT caller.most) thread"
            )
        )
    };
}

pub(super) const THREADS_ASCENDING_AT_ONCE: &str = threads_at_once!(">", "created_at, id");
pub(super) const THREADS_DESCENDING_AT_ONCE: &str =
    threads_at_once!("<", "created_at DESC, id DESC");

/// The parameters of the next two: the cursor is an item's id or NULL, the beginning where a page begins that has none.
macro_rules! items_parameters {
    () => {
        "$2::text AS thread, $3::text AS cursor, $4::bigint AS beginning, $5::boolean AS shows_hidden, \
         $6::bigint AS most"
    };
}

/// What a page of items is.
macro_rules! items_of_page {
    ($columns:literal, $beyond:literal, $order:literal) => {
        concat!(
            "SELECT ",
            $columns,
            " FROM thread_items
              WHERE thread_id = caller.thread
                AND user_id = caller.id
                AND sequence ",
            $beyond,
            " CASE WHEN caller.cursor IS NULL THEN caller.beginning
                   ELSE (SELECT sequence FROM thread_items
                          WHERE thread_id = caller.thread AND id = caller.cursor AND user_id = caller.id)
              END
                AND (NOT hidden OR caller.shows_hidden)
              ORDER BY ",
            $order,
            " LIMIT caller.most"
        )
    };
}

/// A page of items in one go. Items have no other user than their thread.
macro_rules! items_at_once {
    ($beyond:literal, $order:literal) => {
        at_once!(
            "SELECT page.id, page.item",
            items_parameters!(),
            concat!("CROSS JOIN LATERAL (", items_of_page!("id, item", $beyond, $order), ") page")
        )
    };
}

pub(super) const ITEMS_ASCENDING_AT_ONCE: &str = items_at_once!(">", "sequence");
pub(super) const ITEMS_DESCENDING_AT_ONCE: &str = items_at_once!("<", "sequence DESC");

/// A thread with a page of its items in one go.
macro_rules! thread_at_once {
    ($beyond:literal, $order:literal) => {
        at_once!(
            concat!(
                "SELECT thread.*, ARRAY(",
                items_of_page!("item", $beyond, $order),
                ") AS items"
            ),
            items_parameters!(),
            "CROSS JOIN LATERAL (
                SELECT id, title, status, image_domains, metadata, created_at
                  FROM threads
                 WHERE id = caller.thread
                   AND user_id = caller.id) thread"
        )
    };
}

pub(super) const THREAD_ASCENDING_AT_ONCE: &str = thread_at_once!(">", "sequence");
pub(super) const THREAD_DESCENDING_AT_ONCE: &str = thread_at_once!("<", "sequence DESC");

/// The thread's row is locked until the commit, so that places are given out one after another.
pub(super) const TAKE_PLACE: &str = "
    UPDATE threads
       SET next_sequence = next_sequence + 1
     WHERE id = $1
       AND user_id = $2
    RETURNING next_sequence - 1";

/// The same for a turn that begins, which wants to know the thread as it is now.
pub(super) const TAKE_FIRST_PLACE: &str = "
    UPDATE threads
       SET next_sequence = next_sequence + 1
     WHERE id = $1
       AND user_id = $2
    RETURNING next_sequence - 1 AS place, id, title, status, image_domains, metadata, created_at";

/// An item that is there already keeps its place.
pub(super) const ADD_ITEM: &str = "
    INSERT INTO thread_items (thread_id, sequence, id, user_id, hidden, item)
    VALUES ($1, $2, $3, $4, $5, $6)
    ON CONFLICT (thread_id, id) DO UPDATE
       SET hidden = excluded.hidden, item = excluded.item
     WHERE thread_items.user_id = excluded.user_id";

pub(super) const SAVE_ITEM: &str = "
    UPDATE thread_items
       SET hidden = $4, item = $5
     WHERE thread_id = $1
       AND id = $2
       AND user_id = $3";

pub(super) const DELETE_ITEM: &str = "
    DELETE FROM thread_items
     WHERE thread_id = $1
       AND id = $2
       AND user_id = $3";

pub(super) const DELETE_AFTER: &str = "
    DELETE FROM thread_items
     WHERE thread_id = $1
       AND sequence > $2
       AND user_id = $3";

pub(super) const LOAD_ITEM: &str = "
    SELECT item
      FROM thread_items
     WHERE thread_id = $1
       AND id = $2
       AND user_id = $3";

pub(super) const PLACE_OF_ITEM: &str = "
    SELECT sequence
      FROM thread_items
     WHERE thread_id = $1
       AND id = $2
       AND user_id = $3";

pub(super) const ITEMS_ASCENDING: &str = "
    SELECT item
      FROM thread_items
     WHERE thread_id = $1
       AND user_id = $2
       AND sequence > $3
       AND (NOT hidden OR $4)
     ORDER BY sequence
     LIMIT $5";

pub(super) const ITEMS_DESCENDING: &str = "
    SELECT item
      FROM thread_items
     WHERE thread_id = $1
       AND user_id = $2
       AND sequence < $3
       AND (NOT hidden OR $4)
     ORDER BY sequence DESC
     LIMIT $5";
