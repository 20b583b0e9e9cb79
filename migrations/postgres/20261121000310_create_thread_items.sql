-- The items of a conversation, each a ChatKit item as JSON; sequence is the order, (thread_id, id) what clients name.
CREATE TABLE thread_items (
    thread_id TEXT NOT NULL REFERENCES threads (id) ON DELETE CASCADE,
    sequence BIGINT NOT NULL,
    id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    -- Kept for the model, never shown to the user.
    hidden BOOLEAN NOT NULL,
    item TEXT NOT NULL,
    PRIMARY KEY (thread_id, sequence),
    UNIQUE (thread_id, id)
);

ALTER TABLE thread_items ENABLE ROW LEVEL SECURITY;
ALTER TABLE thread_items FORCE ROW LEVEL SECURITY;
CREATE POLICY thread_items_of_the_caller ON thread_items
    USING (user_id = nullif(current_setting('app.user_id', true), ''))
    WITH CHECK (user_id = nullif(current_setting('app.user_id', true), ''));
