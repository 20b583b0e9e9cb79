-- A turn is one answer under way or ended: who gives it, how long that is believed without a sign of life, and how it ended.
CREATE TABLE turns (
    id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL CHECK (user_id <> ''),
    thread_id TEXT NOT NULL REFERENCES threads (id) ON DELETE CASCADE,
    state TEXT NOT NULL CHECK (state IN ('running', 'done', 'failed', 'cancelled', 'interrupted')),
    -- The server that runs it: a name that each takes anew when it starts.
    owner TEXT NOT NULL,
    -- Rises when the turn is taken from its owner, whose writes are refused from then on.
    fence BIGINT NOT NULL,
    -- By this database's clock, in microseconds since 1970: without a renewal until then its owner is dead.
    lease_until BIGINT NOT NULL,
    -- The same clock: somebody reads it on another server until then, so it does not lack a reader.
    watched_until BIGINT NOT NULL DEFAULT 0,
    -- Its items are those with places from the first, which is the user's, to the last, known once it has ended.
    first_sequence BIGINT NOT NULL,
    last_sequence BIGINT,
    -- Whether its thread began with it.
    is_new BOOLEAN NOT NULL,
    -- The error event that it ended with, as JSON.
    error TEXT,
    created_at TIMESTAMPTZ NOT NULL,
    ended_at TIMESTAMPTZ
);

-- One active turn for each thread, whichever servers there are.
CREATE UNIQUE INDEX turns_running ON turns (thread_id) WHERE state = 'running';
CREATE INDEX turns_by_thread ON turns (thread_id);

ALTER TABLE turns ENABLE ROW LEVEL SECURITY;
ALTER TABLE turns FORCE ROW LEVEL SECURITY;
CREATE POLICY turns_of_the_caller ON turns
    USING (user_id = nullif(current_setting('app.user_id', true), ''))
    WITH CHECK (user_id = nullif(current_setting('app.user_id', true), ''));
-- A server speaks for itself when it renews its leases and looks for turns of dead ones. It then sees those, and changes its own.
CREATE POLICY turns_seen_by_a_server ON turns FOR SELECT
    USING (
        owner = nullif(current_setting('app.server', true), '')
        OR (
            nullif(current_setting('app.server', true), '') IS NOT NULL
            AND state = 'running'
            AND lease_until < (extract(epoch FROM clock_timestamp()) * 1000000)::BIGINT
        )
    );
CREATE POLICY turns_renewed_by_a_server ON turns FOR UPDATE
    USING (owner = nullif(current_setting('app.server', true), ''))
    WITH CHECK (owner = nullif(current_setting('app.server', true), ''));
