-- Files that users add to messages: what is known of each. Its bytes are kept elsewhere (a folder, a bucket), under the same id.
CREATE TABLE attachments (
    id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL CHECK (user_id <> ''),
    -- The conversation that has a message with it. Without one it is removed when its time in attachment_sweeps has come.
    thread_id TEXT REFERENCES threads (id) ON DELETE SET NULL,
    name TEXT NOT NULL,
    mime_type TEXT NOT NULL,
    -- In bytes, as announced; an upload of another length is refused.
    size BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    -- Somebody is storing the bytes since then. One who has not finished long after has died.
    claimed_at TIMESTAMPTZ,
    -- The bytes are there since then.
    uploaded_at TIMESTAMPTZ
);

CREATE INDEX attachments_by_user ON attachments (user_id);
CREATE INDEX attachments_by_thread ON attachments (thread_id);

ALTER TABLE attachments ENABLE ROW LEVEL SECURITY;
ALTER TABLE attachments FORCE ROW LEVEL SECURITY;
CREATE POLICY attachments_of_the_caller ON attachments
    USING (user_id = nullif(current_setting('app.user_id', true), ''))
    WITH CHECK (user_id = nullif(current_setting('app.user_id', true), ''));
