-- Numbers of tasks and of changes have no gaps, which a sequence cannot promise; the row is also what makes one user's writers wait for each other.
CREATE TABLE task_counters (
    user_id TEXT PRIMARY KEY CHECK (user_id <> ''),
    last_number BIGINT NOT NULL,
    last_change BIGINT NOT NULL
);

ALTER TABLE task_counters ENABLE ROW LEVEL SECURITY;
ALTER TABLE task_counters FORCE ROW LEVEL SECURITY;
CREATE POLICY task_counters_of_the_caller ON task_counters
    USING (user_id = nullif(current_setting('app.user_id', true), ''))
    WITH CHECK (user_id = nullif(current_setting('app.user_id', true), ''));
