-- Every change of a task, for undo and for the live feed, which goes on after the last sequence a client has seen.
CREATE TABLE task_changes (
    user_id TEXT NOT NULL CHECK (user_id <> ''),
    sequence BIGINT NOT NULL,
    id TEXT NOT NULL,
    task_id TEXT NOT NULL,
    -- added, edited, completed, reopened, deleted, restored or undone.
    kind TEXT NOT NULL,
    -- What the task was before, as JSON; nothing for a task that was added.
    before TEXT,
    -- The sequence of the change that this one took back. A change is taken back at most once.
    undoes BIGINT,
    at TEXT NOT NULL,
    PRIMARY KEY (user_id, sequence),
    UNIQUE (user_id, undoes),
    FOREIGN KEY (user_id, task_id) REFERENCES tasks (user_id, id) ON DELETE CASCADE
);
