-- How far each address has used up its sign-ups (GCRA): when the next would be due, in microseconds since 1970.
CREATE TABLE signup_limits (
    address TEXT PRIMARY KEY,
    arrival BIGINT NOT NULL
);

CREATE INDEX signup_limits_by_arrival ON signup_limits (arrival);
