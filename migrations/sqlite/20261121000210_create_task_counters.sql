-- Numbers of tasks and of changes have no gaps, which a sequence cannot promise; the row is also what makes one user's writers wait for each other.
CREATE TABLE task_counters (
    user_id TEXT PRIMARY KEY CHECK (user_id <> ''),
    last_number BIGINT NOT NULL,
    last_change BIGINT NOT NULL
);
