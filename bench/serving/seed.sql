-- An account of 1,000 threads, one of them with 10,000 items, from the one thread that was made through the protocol. Prints
-- an item from the middle of the big one.
INSERT INTO threads
SELECT (jsonb_populate_record(one, jsonb_build_object('id', one.id || '_' || n, 'created_at', one.created_at - n * interval '1 minute'))).*
FROM threads one, generate_series(1, 999) n WHERE one.id = :'thread';

INSERT INTO thread_items
SELECT (jsonb_populate_record(one, jsonb_build_object('thread_id', one.thread_id || '_' || n, 'id', one.id || '_' || n,
    'item', replace(replace(one.item, one.thread_id, one.thread_id || '_' || n), one.id, one.id || '_' || n)))).*
FROM thread_items one, generate_series(1, 999) n WHERE one.thread_id = :'thread';

INSERT INTO thread_items
SELECT (jsonb_populate_record(one, jsonb_build_object('sequence', one.sequence + n * counted.items, 'id', one.id || '_' || n,
    'item', replace(one.item, one.id, one.id || '_' || n)))).*
FROM thread_items one, (SELECT count(*) AS items FROM thread_items WHERE thread_id = :'thread') counted,
    generate_series(1, 10000 / counted.items - 1) n WHERE one.thread_id = :'thread';

UPDATE threads SET next_sequence = (SELECT max(sequence) + 1 FROM thread_items WHERE thread_id = :'thread') WHERE id = :'thread';
ANALYZE;
SELECT id FROM thread_items WHERE thread_id = :'thread' ORDER BY sequence OFFSET 5000 LIMIT 1;
