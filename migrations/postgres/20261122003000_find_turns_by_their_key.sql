-- keep_turn and keep_checkpoints as they were, but for how they find their turn: by its key alone. With the state among what is
-- looked for, the index of the running turns looked as good while there were few of them; the plan was kept, and read all that run
-- for each that is kept. What the two do and say is the same, so servers of both releases may call them.

CREATE OR REPLACE FUNCTION keep_turn(
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
    _held BOOLEAN;
BEGIN
    PERFORM set_config('app.user_id', _caller, true), set_config('lock_timeout', '5s', true),
            set_config('enable_seqscan', 'off', true);
    SELECT next_sequence INTO _first FROM threads WHERE id = _thread AND user_id = _caller FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN 'gone';
    END IF;
    -- A statement of its own, now that the thread is locked: it sees what was committed meanwhile.
    SELECT watched_until > (extract(epoch FROM clock_timestamp()) * 1000000)::BIGINT,
           user_id = _caller AND owner = _server AND fence = _fence AND state = 'running'
      INTO _watched, _held
      FROM turns
     WHERE id = _turn;
    IF _held IS NOT TRUE THEN
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

CREATE OR REPLACE FUNCTION keep_checkpoints(
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
    _held BOOLEAN;
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
        SELECT watched_until > (extract(epoch FROM clock_timestamp()) * 1000000)::BIGINT,
               user_id = _callers[i] AND owner = _server AND fence = _fences[i] AND state = 'running'
          INTO _watched, _held
          FROM turns
         WHERE id = _turns[i];
        IF _held IS NOT TRUE THEN
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
