-- How far each user's allowance is used up (GCRA): the theoretical arrival time of the next message, in microseconds since 1970.
CREATE TABLE rate_limits (
    user_id TEXT PRIMARY KEY,
    arrival BIGINT NOT NULL
);
