-- A turn's beginning, its changes and its end in one round trip each, and the checkpoints of many turns in one commit.
--
-- Each sets the caller that row-level security compares, until the statement that called it has ended; it runs with the rights of
-- whoever calls it. All rows are found by their keys, which is said: a plan is kept for as long as the connection, and one that was
-- made while a table had a page or two would read the whole table ever after. Within one of these every statement sees what was
-- committed while the one before waited. None is ever changed: a later release that needs another makes one with another name, and
-- drops these when nobody calls them any more.

-- What TurnStart says, if that is a thread or a message and no more; no row if it is not to be done this way, and then nothing is
-- changed: the key is known, the user sends too much, the thread is not there or another turn runs in it.
CREATE FUNCTION begin_turn(
    _caller TEXT,
    _server TEXT,
    _turn TEXT,
    _thread TEXT,
    _now TIMESTAMPTZ,
    _lease BIGINT,
    -- A key that is older than a day is as good as new.
    _key TEXT,
    _fingerprint TEXT,
    _day_ago TIMESTAMPTZ,
    -- The message limit, in microseconds.
    _micros BIGINT,
    _interval BIGINT,
    _tolerance BIGINT,
    -- Of a new thread.
    _is_new BOOLEAN,
    _title TEXT,
    _status TEXT,
    _image_domains TEXT,
    _metadata TEXT,
    _created_at TIMESTAMPTZ,
    -- What the user sent, or null.
    _item_id TEXT,
    _hidden BOOLEAN,
    _item TEXT
) RETURNS TABLE (
    id TEXT, title TEXT, status TEXT, image_domains TEXT, metadata TEXT, created_at TIMESTAMPTZ
) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    _place BIGINT := 1;
BEGIN
    PERFORM set_config('app.user_id', _caller, true), set_config('lock_timeout', '5s', true),
            set_config('enable_seqscan', 'off', true);
    IF _key IS NOT NULL THEN
        INSERT INTO turn_keys AS known (user_id, key, fingerprint, turn_id, created_at)
        VALUES (_caller, _key, _fingerprint, _turn, _now)
        ON CONFLICT ON CONSTRAINT turn_keys_pkey DO UPDATE
           SET fingerprint = excluded.fingerprint, turn_id = excluded.turn_id, created_at = excluded.created_at
         WHERE known.created_at <= _day_ago;
        IF NOT FOUND THEN
            RAISE SQLSTATE 'TD000';
        END IF;
        DELETE FROM turn_keys WHERE user_id = _caller AND created_at <= _day_ago;
    END IF;
    -- Locks the thread, as everybody does who changes a turn.
    IF _is_new THEN
        INSERT INTO threads (id, user_id, title, status, image_domains, metadata, next_sequence, created_at)
        VALUES (_thread, _caller, _title, _status, _image_domains, _metadata, 2, _created_at)
        RETURNING threads.id, threads.title, threads.status, threads.image_domains, threads.metadata, threads.created_at
        INTO id, title, status, image_domains, metadata, created_at;
    ELSE
        UPDATE threads
           SET next_sequence = next_sequence + 1
         WHERE threads.id = _thread AND user_id = _caller
        RETURNING next_sequence - 1, threads.id, threads.title, threads.status, threads.image_domains, threads.metadata, threads.created_at
        INTO _place, id, title, status, image_domains, metadata, created_at;
    END IF;
    IF NOT FOUND THEN
        RAISE SQLSTATE 'TD000';
    END IF;
    INSERT INTO turns (id, user_id, thread_id, state, owner, fence, lease_until, first_sequence, is_new, created_at)
    VALUES (_turn, _caller, _thread, 'running', _server, 1,
            (extract(epoch FROM clock_timestamp()) * 1000000)::BIGINT + _lease, _place, _is_new, _now)
    ON CONFLICT (thread_id) WHERE state = 'running' DO NOTHING;
    IF NOT FOUND THEN
        RAISE SQLSTATE 'TD000';
    END IF;
    IF _item_id IS NOT NULL THEN
        INSERT INTO thread_items (thread_id, sequence, id, user_id, hidden, item)
        VALUES (_thread, _place, _item_id, _caller, _hidden, _item)
        ON CONFLICT (thread_id, id) DO UPDATE
           SET hidden = excluded.hidden, item = excluded.item
         WHERE thread_items.user_id = excluded.user_id;
    END IF;
    -- Last: this row is the same for all that the user sends, and is locked until the commit.
    INSERT INTO rate_limits AS known (user_id, arrival)
    VALUES (_caller, _micros + _interval)
    ON CONFLICT (user_id) DO UPDATE
       SET arrival = greatest(known.arrival, _micros) + _interval
     WHERE known.arrival <= _micros + _tolerance;
    IF NOT FOUND THEN
        RAISE SQLSTATE 'TD000';
    END IF;
    RETURN NEXT;
EXCEPTION
    -- Takes back whatever was done until then.
    WHEN SQLSTATE 'TD000' THEN
        RETURN;
END
$$;

-- Changes of a running turn, and its end if there is a state. `put` is an item that keeps the place it has, or gets the next one;
-- `save` and `delete` are of one that is there. Says 'kept', 'watched' (somebody reads it on another server), 'lost' (the turn is
-- another's) or 'gone' (the thread is); after the latter two nothing is changed.
CREATE FUNCTION keep_turn(
    _caller TEXT,
    _server TEXT,
    _turn TEXT,
    _thread TEXT,
    _fence BIGINT,
    _now TIMESTAMPTZ,
    _kinds TEXT[],
    _ids TEXT[],
    _hidden BOOLEAN[],
    _items TEXT[],
    -- The thread, if that has changed.
    _has_thread BOOLEAN,
    _title TEXT,
    _status TEXT,
    _image_domains TEXT,
    _metadata TEXT,
    -- How it ended.
    _state TEXT,
    _error TEXT,
    _day_ago TIMESTAMPTZ
) RETURNS TEXT LANGUAGE plpgsql AS $$
DECLARE
    _first BIGINT;
    _place BIGINT;
    _watched BOOLEAN;
BEGIN
    PERFORM set_config('app.user_id', _caller, true), set_config('lock_timeout', '5s', true),
            set_config('enable_seqscan', 'off', true);
    SELECT next_sequence INTO _first FROM threads WHERE id = _thread AND user_id = _caller FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN 'gone';
    END IF;
    -- A statement of its own, now that the thread is locked: it sees what was committed meanwhile.
    SELECT watched_until > (extract(epoch FROM clock_timestamp()) * 1000000)::BIGINT INTO _watched
      FROM turns
     WHERE id = _turn AND user_id = _caller AND owner = _server AND fence = _fence AND state = 'running';
    IF NOT FOUND THEN
        RETURN 'lost';
    END IF;
    _place := _first;
    FOR i IN 1 .. cardinality(_kinds) LOOP
        IF _kinds[i] = 'delete' THEN
            DELETE FROM thread_items WHERE thread_id = _thread AND id = _ids[i] AND user_id = _caller;
            CONTINUE;
        END IF;
        UPDATE thread_items SET hidden = _hidden[i], item = _items[i]
         WHERE thread_id = _thread AND id = _ids[i] AND user_id = _caller;
        IF FOUND THEN
            CONTINUE;
        ELSIF _kinds[i] = 'save' THEN
            RAISE SQLSTATE 'TD000';
        END IF;
        INSERT INTO thread_items (thread_id, sequence, id, user_id, hidden, item)
        VALUES (_thread, _place, _ids[i], _caller, _hidden[i], _items[i]);
        _place := _place + 1;
    END LOOP;
    IF _has_thread THEN
        UPDATE threads
           SET next_sequence = _place, title = _title, status = _status, image_domains = _image_domains, metadata = _metadata
         WHERE id = _thread AND user_id = _caller;
    ELSIF _place > _first THEN
        UPDATE threads SET next_sequence = _place WHERE id = _thread AND user_id = _caller;
    END IF;
    IF _state IS NOT NULL THEN
        UPDATE turns SET state = _state, error = _error, last_sequence = _place - 1, ended_at = _now
         WHERE id = _turn AND user_id = _caller;
        -- Turns that ended long ago are nobody's to come back to.
        DELETE FROM turns WHERE thread_id = _thread AND user_id = _caller AND ended_at <= _day_ago;
    END IF;
    RETURN CASE WHEN _watched THEN 'watched' ELSE 'kept' END;
END
$$;

-- What there is of answers that are not done: of each turn as many of the items, one after the other, as the counts say. Tells for each
-- what keep_turn tells, or 'busy' when somebody else has its thread at the moment, for whom nobody here waits.
CREATE FUNCTION keep_checkpoints(
    _server TEXT,
    _callers TEXT[],
    _turns TEXT[],
    _threads TEXT[],
    _fences BIGINT[],
    _counts INTEGER[],
    _ids TEXT[],
    _hidden BOOLEAN[],
    _items TEXT[]
) RETURNS TEXT[] LANGUAGE plpgsql AS $$
DECLARE
    _told TEXT[] := '{}';
    _at INTEGER := 0;
    _from INTEGER;
    _first BIGINT;
    _place BIGINT;
    _watched BOOLEAN;
BEGIN
    PERFORM set_config('enable_seqscan', 'off', true);
    FOR i IN 1 .. cardinality(_turns) LOOP
        _from := _at + 1;
        _at := _at + _counts[i];
        PERFORM set_config('app.user_id', _callers[i], true);
        SELECT next_sequence INTO _first FROM threads
         WHERE id = _threads[i] AND user_id = _callers[i] FOR NO KEY UPDATE SKIP LOCKED;
        IF NOT FOUND THEN
            PERFORM FROM threads WHERE id = _threads[i] AND user_id = _callers[i];
            _told := _told || CASE WHEN FOUND THEN 'busy' ELSE 'gone' END;
            CONTINUE;
        END IF;
        SELECT watched_until > (extract(epoch FROM clock_timestamp()) * 1000000)::BIGINT INTO _watched
          FROM turns
         WHERE id = _turns[i] AND user_id = _callers[i] AND owner = _server AND fence = _fences[i] AND state = 'running';
        IF NOT FOUND THEN
            _told := _told || 'lost'::TEXT;
            CONTINUE;
        END IF;
        _place := _first;
        FOR j IN _from .. _at LOOP
            UPDATE thread_items SET hidden = _hidden[j], item = _items[j]
             WHERE thread_id = _threads[i] AND id = _ids[j] AND user_id = _callers[i];
            IF NOT FOUND THEN
                INSERT INTO thread_items (thread_id, sequence, id, user_id, hidden, item)
                VALUES (_threads[i], _place, _ids[j], _callers[i], _hidden[j], _items[j]);
                _place := _place + 1;
            END IF;
        END LOOP;
        IF _place > _first THEN
            UPDATE threads SET next_sequence = _place WHERE id = _threads[i] AND user_id = _callers[i];
        END IF;
        _told := _told || CASE WHEN _watched THEN 'watched' ELSE 'kept' END;
    END LOOP;
    RETURN _told;
END
$$;
