//! The statements. All have the user in their predicate.

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
