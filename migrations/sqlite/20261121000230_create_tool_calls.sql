-- The results of tool calls that changed something: a call that is sent again gets the first result and changes nothing.
CREATE TABLE tool_calls (
    user_id TEXT NOT NULL CHECK (user_id <> ''),
    key TEXT NOT NULL,
    -- The tool and a hash of its arguments: the same key with others is a mistake, not a retry.
    fingerprint TEXT NOT NULL,
    -- As JSON.
    result TEXT NOT NULL,
    created_at TEXT NOT NULL,
    PRIMARY KEY (user_id, key)
);

CREATE INDEX tool_calls_by_age ON tool_calls (user_id, created_at);
