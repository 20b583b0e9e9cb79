-- What users thought of answers: one verdict for each item, the last one.
CREATE TABLE feedback (
    user_id TEXT NOT NULL CHECK (user_id <> ''),
    thread_id TEXT NOT NULL REFERENCES threads (id) ON DELETE CASCADE,
    item_id TEXT NOT NULL,
    -- positive or negative
    kind TEXT NOT NULL,
    given_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (thread_id, item_id)
);

ALTER TABLE feedback ENABLE ROW LEVEL SECURITY;
ALTER TABLE feedback FORCE ROW LEVEL SECURITY;
CREATE POLICY feedback_of_the_caller ON feedback
    USING (user_id = nullif(current_setting('app.user_id', true), ''))
    WITH CHECK (user_id = nullif(current_setting('app.user_id', true), ''));
