-- How often a login failed, so that guessing gets slower: for each account, each address, and each pair of them.
CREATE TABLE login_failures (
    -- The kind and a hash: neither e-mail addresses nor IP addresses are kept.
    key TEXT PRIMARY KEY,
    failures BIGINT NOT NULL,
    failed_at TEXT NOT NULL,
    -- Until then no password is looked at.
    blocked_until TEXT NOT NULL
);

CREATE INDEX login_failures_by_time ON login_failures (failed_at);
