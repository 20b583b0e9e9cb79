-- What users thought of answers: one verdict for each item, the last one.
CREATE TABLE feedback (
    user_id TEXT NOT NULL CHECK (user_id <> ''),
    thread_id TEXT NOT NULL REFERENCES threads (id) ON DELETE CASCADE,
    item_id TEXT NOT NULL,
    -- positive or negative
    kind TEXT NOT NULL,
    given_at TEXT NOT NULL,
    PRIMARY KEY (thread_id, item_id)
);
