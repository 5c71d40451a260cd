-- A second operation like the planned one :from:, with its open jobs, as :to:. Not yet in Redis.
INSERT INTO operation (operation_id, definition, digest, args, subject, phases, queue, chunk, "window", request_key)
SELECT :to:, definition, digest, args, subject, phases, queue, chunk, "window", request_key FROM operation
 WHERE operation_id = :from:;
INSERT INTO tally (operation_id, state, planned, plan_cursor, total, last_seq)
SELECT :to:, 'running', planned, plan_cursor, total, last_seq FROM tally WHERE operation_id = :from:;
INSERT INTO job (operation_id, seq, phase, kind, key)
SELECT :to:, seq, phase, kind, key FROM job WHERE operation_id = :from: ORDER BY seq;
ANALYZE job
