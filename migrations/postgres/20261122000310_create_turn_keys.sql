-- What a client called its request (Idempotency-Key): sent again within a day, it finds the turn it began, and begins no other.
CREATE TABLE turn_keys (
    user_id TEXT NOT NULL CHECK (user_id <> ''),
    key TEXT NOT NULL,
    -- A hash of the request: the same key with another one is a mistake, not a retry.
    fingerprint TEXT NOT NULL,
    -- Not a reference: the turn may go with its thread, the key stays its day.
    turn_id TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (user_id, key)
);

CREATE INDEX turn_keys_by_age ON turn_keys (user_id, created_at);

ALTER TABLE turn_keys ENABLE ROW LEVEL SECURITY;
ALTER TABLE turn_keys FORCE ROW LEVEL SECURITY;
CREATE POLICY turn_keys_of_the_caller ON turn_keys
    USING (user_id = nullif(current_setting('app.user_id', true), ''))
    WITH CHECK (user_id = nullif(current_setting('app.user_id', true), ''));
