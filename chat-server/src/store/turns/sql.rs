//! The statements. All that are a user's have the user in their predicate.

/// A statement that looks at the clock. Postgres has one for all servers; SQLite is one process, and
/// is told.
#[derive(Clone, Copy)]
pub(super) struct Timed {
    pub(super) postgres: &'static str,
    pub(super) sqlite: &'static str,
}

/// Both texts of a statement in which `NOW` is the time in microseconds. `$1` is bound to this
/// process's own time; only SQLite goes by it.
macro_rules! timed {
    ($($part:literal),+ $(,)?) => {
        Timed {
            postgres: timed!(
                @join "coalesce((extract(epoch FROM clock_timestamp()) * 1000000)::BIGINT, $1)",
                $($part),+
            ),
            sqlite: timed!(@join "$1", $($part),+),
        }
    };
    (@join $now:literal, $first:literal $(, $part:literal)*) => {
        concat!($first $(, $now, $part)*)
    };
}

/// Nothing is inserted while another turn runs in the thread.
pub(super) const INSERT_TURN: Timed = timed!(
    "INSERT INTO turns
         (id, user_id, thread_id, state, owner, fence, lease_until, first_sequence, is_new, created_at)
     VALUES ($2, $3, $4, 'running', $5, 1, ",
    " + $6, $7, $8, $9)
     ON CONFLICT (thread_id) WHERE state = 'running' DO NOTHING",
);

/// A key that is older than a day is as good as new.
pub(super) const CLAIM_KEY: &str = "
    INSERT INTO turn_keys (user_id, key, fingerprint, turn_id, created_at)
    VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (user_id, key) DO UPDATE
       SET fingerprint = excluded.fingerprint, turn_id = excluded.turn_id,
           created_at = excluded.created_at
     WHERE turn_keys.created_at <= $6";

pub(super) const FORGET_KEYS: &str = "
    DELETE FROM turn_keys
     WHERE user_id = $1
       AND created_at <= $2";

pub(super) const FIND_KEY: &str = "
    SELECT fingerprint, turn_id
      FROM turn_keys
     WHERE user_id = $1
       AND key = $2
       AND created_at > $3";

/// Hands out places and locks the thread: whoever ends a turn does so too.
pub(super) const TAKE_PLACES: &str = "
    UPDATE threads
       SET next_sequence = next_sequence + $3
     WHERE id = $1
       AND user_id = $2
    RETURNING next_sequence - $3";

/// Asked in a statement of its own, once the thread is locked: it then sees what was committed
/// while it waited.
pub(super) const IS_HELD: &str = "
    SELECT id
      FROM turns
     WHERE id = $1
       AND user_id = $2
       AND owner = $3
       AND fence = $4
       AND state = 'running'";

pub(super) const END_TURN: &str = "
    UPDATE turns
       SET state = $5, error = $6, last_sequence = $7, ended_at = $8
     WHERE id = $1
       AND user_id = $2
       AND owner = $3
       AND fence = $4
       AND state = 'running'";

/// Turns that ended long ago are nobody's to come back to.
pub(super) const FORGET_TURNS: &str = "
    DELETE FROM turns
     WHERE thread_id = $1
       AND user_id = $2
       AND ended_at <= $3";

/// Said before `RENEW`, on Postgres: the ids are looked for in a hash. A plan that was made while there were few turns compares each
/// with each ever after, 12 million times for 5,000.
pub(super) const BY_HASH: &str = "SELECT set_config('enable_nestloop', 'off', true)";

/// A server's, not a user's. The ids are a JSON list, which the two read in their own ways.
pub(super) const RENEW: Timed = Timed {
    postgres: "
    UPDATE turns
       SET lease_until =
           coalesce((extract(epoch FROM clock_timestamp()) * 1000000)::BIGINT, $1) + $3
     WHERE owner = $2
       AND state = 'running'
       AND id IN (SELECT jsonb_array_elements_text($4::JSONB))
    RETURNING id",
    sqlite: "
    UPDATE turns
       SET lease_until = $1 + $3
     WHERE owner = $2
       AND state = 'running'
       AND id IN (SELECT value FROM json_each($4))
    RETURNING id",
};

/// A server's, not a user's.
pub(super) const DEAD: Timed = timed!(
    "SELECT id, user_id, thread_id
       FROM turns
      WHERE state = 'running'
        AND lease_until < ",
    "
      LIMIT 100",
);

/// By its thread, since there is at most one. The fence shuts out its owner, should that live.
pub(super) const INTERRUPT: Timed = timed!(
    "UPDATE turns
        SET state = 'interrupted', fence = fence + 1, error = $4, last_sequence = $5, ended_at = $6
      WHERE thread_id = $2
        AND user_id = $3
        AND state = 'running'
        AND lease_until < ",
    "
     RETURNING first_sequence",
);

/// By its thread, as above. Its answer is dropped, so its server is shut out although it lives.
pub(super) const SUPERSEDE: &str = "
    UPDATE turns
       SET state = 'cancelled', fence = fence + 1, last_sequence = $3, ended_at = $4
     WHERE thread_id = $1
       AND user_id = $2
       AND state = 'running'";

pub(super) const RUNNING_TURN: &str = "
    SELECT id
      FROM turns
     WHERE thread_id = $1
       AND user_id = $2
       AND state = 'running'";

pub(super) const LOAD_TURN: &str = "
    SELECT thread_id, state, error, is_new, first_sequence, last_sequence
      FROM turns
     WHERE id = $1
       AND user_id = $2";

pub(super) const ITEMS_OF_TURN: &str = "
    SELECT item
      FROM thread_items
     WHERE thread_id = $1
       AND user_id = $2
       AND sequence BETWEEN $3 AND $4
       AND NOT hidden
     ORDER BY sequence";

pub(super) const WATCH: Timed = timed!(
    "UPDATE turns
        SET watched_until = ",
    " + $4
      WHERE id = $2
        AND user_id = $3
        AND state = 'running'",
);

pub(super) const IS_WATCHED: Timed = timed!(
    "SELECT id
       FROM turns
      WHERE id = $2
        AND user_id = $3
        AND watched_until > ",
    "",
);
