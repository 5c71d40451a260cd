-- An operation of :count: open no-op jobs, for settle statements driven by pgbench.
INSERT INTO operation (operation_id, definition, digest, args, subject, phases, queue, chunk, "window", request_key)
VALUES ('op_pgbench', 'noop', 'bench', '{}', '', '[{"id":"noop","job":"noop"}]', 'history', 1000, 16, ''::bytea);
INSERT INTO tally (operation_id, state, planned, total, last_seq)
VALUES ('op_pgbench', 'running', true, :count:, :count:);
INSERT INTO job (operation_id, seq, phase, kind, key)
SELECT 'op_pgbench', i, 0, 'noop', i::text FROM generate_series(1, :count:) i;
ANALYZE job
