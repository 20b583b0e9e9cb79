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
macro_rules! threads_at_once {
    ($beyond:literal, $order:literal) => {
        at_once!(
            "SELECT thread.*",
            concat!(
                "CROSS JOIN LATERAL (
                    SELECT id, title, status, image_domains, metadata, created_at
                      FROM threads
                     WHERE user_id = caller.id
                       AND (created_at, id) ",
                $beyond,
                " (CASE WHEN $2::text IS NULL THEN $3
                        ELSE (SELECT created_at FROM threads WHERE id = $2 AND user_id = caller.id)
                   END, coalesce($2, $4))
                     ORDER BY ",
                $order,
                " LIMIT $5) thread"
            )
        )
    };
}

pub(super) const THREADS_ASCENDING_AT_ONCE: &str = threads_at_once!(">", "created_at, id");
pub(super) const THREADS_DESCENDING_AT_ONCE: &str =
    threads_at_once!("<", "created_at DESC, id DESC");

/// A thread with a page of its items in one go. The cursor is an item's id or NULL; $4 is where a page begins that has none.
macro_rules! items_at_once {
    ($beyond:literal, $order:literal) => {
        at_once!(
            concat!(
                "SELECT thread.*, ARRAY(
                    SELECT item
                      FROM thread_items
                     WHERE thread_id = thread.id
                       AND user_id = caller.id
                       AND sequence ",
                $beyond,
                " CASE WHEN $3::text IS NULL THEN $4
                       ELSE (SELECT sequence FROM thread_items
                              WHERE thread_id = thread.id AND id = $3 AND user_id = caller.id)
                  END
                       AND (NOT hidden OR $5)
                     ORDER BY ",
                $order,
                " LIMIT $6) AS items"
            ),
            "CROSS JOIN LATERAL (
                SELECT id, title, status, image_domains, metadata, created_at
                  FROM threads
                 WHERE id = $2
                   AND user_id = caller.id) thread"
        )
    };
}

pub(super) const ITEMS_ASCENDING_AT_ONCE: &str = items_at_once!(">", "sequence");
pub(super) const ITEMS_DESCENDING_AT_ONCE: &str = items_at_once!("<", "sequence DESC");

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
