-- A conversation belongs to one user; next_sequence hands out its items' places, so that order never hangs on a clock.
CREATE TABLE threads (
    id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL,
    title TEXT,
    -- The ChatKit status object as JSON: active, locked or closed with its reason.
    status TEXT NOT NULL,
    -- Hosts whose images a client may show, as a JSON list; absent means the client's own default.
    image_domains TEXT,
    -- Server-side data about the thread as a JSON object; never sent to clients.
    metadata TEXT NOT NULL,
    next_sequence BIGINT NOT NULL DEFAULT 1,
    created_at TEXT NOT NULL
);

CREATE INDEX threads_by_user ON threads (user_id, created_at, id);
