-- Who there is. Everything that is somebody's names this id, never an e-mail address.
CREATE TABLE users (
    id TEXT PRIMARY KEY CHECK (id <> ''),
    -- In lower case; nobody's for a user who comes from an external issuer.
    email_norm TEXT UNIQUE,
    -- argon2id in PHC form.
    password_hash TEXT,
    created_at TIMESTAMPTZ NOT NULL,
    CHECK ((email_norm IS NULL) = (password_hash IS NULL))
);
