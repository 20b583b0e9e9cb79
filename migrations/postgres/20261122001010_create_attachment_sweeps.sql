-- When to look whether a file is still part of no message, and then to remove it. It says nothing of anybody's files but their ids,
-- and has no row-level security: whoever sweeps is no user.
CREATE TABLE attachment_sweeps (
    attachment_id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL,
    due_at TIMESTAMPTZ NOT NULL
);

CREATE INDEX attachment_sweeps_by_time ON attachment_sweeps (due_at);
