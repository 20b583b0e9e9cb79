-- What people have to do. Keys begin with the user, so that no unique check can tell one user of another's rows.
CREATE TABLE tasks (
    user_id TEXT NOT NULL CHECK (user_id <> ''),
    id TEXT NOT NULL,
    -- What people say: "task 12". Counted per user, never given twice.
    number BIGINT NOT NULL CHECK (number > 0),
    title TEXT NOT NULL CHECK (length(title) BETWEEN 1 AND 255),
    description TEXT NOT NULL CHECK (length(description) <= 10000),
    -- The words of title and description in the form in which they are searched; written by crates/tasks/src/words.rs.
    title_words TEXT NOT NULL,
    description_words TEXT NOT NULL,
    completed BOOLEAN NOT NULL,
    -- Counts changes, so that a writer can tell whether it has seen the last one.
    version BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL,
    -- Set while the task is deleted; it can be restored.
    deleted_at TIMESTAMPTZ,
    PRIMARY KEY (user_id, id),
    UNIQUE (user_id, number)
);

ALTER TABLE tasks ENABLE ROW LEVEL SECURITY;
ALTER TABLE tasks FORCE ROW LEVEL SECURITY;
CREATE POLICY tasks_of_the_caller ON tasks
    USING (user_id = nullif(current_setting('app.user_id', true), ''))
    WITH CHECK (user_id = nullif(current_setting('app.user_id', true), ''));
