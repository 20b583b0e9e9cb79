-- A turn is one answer under way or ended: who gives it, how long that is believed without a sign of life, and how it ended.
CREATE TABLE turns (
    id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL CHECK (user_id <> ''),
    thread_id TEXT NOT NULL REFERENCES threads (id) ON DELETE CASCADE,
    state TEXT NOT NULL CHECK (state IN ('running', 'done', 'failed', 'cancelled', 'interrupted')),
    -- The server that runs it: a name that each takes anew when it starts.
    owner TEXT NOT NULL,
    -- Rises when the turn is taken from its owner, whose writes are refused from then on.
    fence BIGINT NOT NULL,
    -- By this machine's clock, in microseconds since 1970: without a renewal until then its owner is dead.
    lease_until BIGINT NOT NULL,
    -- The same clock: somebody reads it on another server until then, so it does not lack a reader.
    watched_until BIGINT NOT NULL DEFAULT 0,
    -- Its items are those with places from the first, which is the user's, to the last, known once it has ended.
    first_sequence BIGINT NOT NULL,
    last_sequence BIGINT,
    -- Whether its thread began with it.
    is_new BOOLEAN NOT NULL,
    -- The error event that it ended with, as JSON.
    error TEXT,
    created_at TEXT NOT NULL,
    ended_at TEXT
);

-- One active turn for each thread.
CREATE UNIQUE INDEX turns_running ON turns (thread_id) WHERE state = 'running';
CREATE INDEX turns_by_thread ON turns (thread_id);
