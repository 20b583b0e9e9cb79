-- What a session is renewed with. Used ones stay for a while, so that a stolen one is noticed when it is used again.
CREATE TABLE refresh_tokens (
    -- SHA-256 of the token, which is not kept.
    hash TEXT PRIMARY KEY,
    session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    replaced_at TIMESTAMPTZ,
    -- Makes the next token out of this one, so that only who has this one can ask for it again.
    successor_salt TEXT,
    CHECK ((replaced_at IS NULL) = (successor_salt IS NULL))
);

CREATE INDEX refresh_tokens_by_session ON refresh_tokens (session_id);
