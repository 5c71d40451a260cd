-- Operations: :count: jobs that are all settled (op_big_ended), as many of which four in ten are (op_big_running), a re-sync of up
-- to :links: links that has just begun (op_big_links), and some thousand small ones before. One job in ten has failed, for one
-- of a few hundred reasons.
INSERT INTO operation (operation_id, definition, digest, args, subject, phases, queue, chunk, "window", request_key, created_at, finished_at)
SELECT 'op_' || i, 'noop', 'bench', '{"count": 1}', 'one of many', '[{"id":"noop","label":"Nothing","job":"noop"}]', 'history', 1000, 16,
       ''::bytea, now() - i * interval '7 minutes', now() - i * interval '7 minutes' + interval '9 seconds' FROM generate_series(1, 5000) i;
INSERT INTO tally (operation_id, state, planned, total, succeeded, last_seq)
SELECT 'op_' || i, CASE WHEN i % 50 = 0 THEN 'cancelled' ELSE 'completed' END, true, 1, 1, 1 FROM generate_series(1, 5000) i;
INSERT INTO operation (operation_id, definition, digest, args, subject, phases, queue, chunk, "window", request_key, created_at, finished_at)
VALUES ('op_big_ended', 'noop', 'bench', '{}', 'all of it', '[{"id":"noop","label":"Nothing","job":"noop"}]', 'history', 1000, 16, ''::bytea,
        now() - interval '2 hours', now() - interval '1 hour'),
       ('op_big_running', 'noop', 'bench', '{}', 'nearly all of it', '[{"id":"noop","label":"Nothing","job":"noop"}]', 'history', 1000, 16,
        ''::bytea, now() - interval '5 minutes', NULL),
       ('op_big_links', 'resync-all', 'bench', '{}', 'all links', '[{"id":"resync","label":"Re-sync","job":"resync"}]', 'delivery', 256, 16,
        ''::bytea, now() - interval '1 minute', NULL);
INSERT INTO job_outcome (operation_id, seq, phase, kind, key, outcome, attempt, error, worker, started_at, finished_at)
SELECT o.operation_id, i, 0, 'noop', i::text, CASE WHEN i % 10 = 3 THEN 'failed' ELSE 'succeeded' END, 1,
       CASE WHEN i % 10 = 3 THEN 'POST /create: ' || 500 + i % 5 || ' from the app, file src/part' || i % 70 || '.c' END, 'w_bench',
       now() - interval '1 hour', now() - interval '1 hour'
  FROM (VALUES ('op_big_ended', :count:), ('op_big_running', :count: * 4 / 10)) o (operation_id, settled), generate_series(1, o.settled) i;
INSERT INTO job (operation_id, seq, phase, kind, key)
SELECT 'op_big_running', i, 0, 'noop', i::text FROM generate_series(:count: * 4 / 10 + 1, :count:) i;
INSERT INTO job (operation_id, seq, phase, kind, key)
SELECT 'op_big_links', row_number() OVER (), 0, 'resync', app_id || '/' || repository_id FROM app_repositories LIMIT :links:;
INSERT INTO tally (operation_id, state, planned, total, succeeded, failed, last_seq)
SELECT o.id, o.state, true, n.outcomes + n.open, n.good, n.outcomes - n.good, n.outcomes + n.open
  FROM (VALUES ('op_big_ended', 'completed'), ('op_big_running', 'paused'), ('op_big_links', 'paused')) o (id, state),
       LATERAL (SELECT (SELECT count(*) FROM job_outcome j WHERE j.operation_id = o.id) AS outcomes,
                       (SELECT count(*) FROM job_outcome j WHERE j.operation_id = o.id AND outcome = 'succeeded') AS good,
                       (SELECT count(*) FROM job j WHERE j.operation_id = o.id) AS open) n;
INSERT INTO activity SELECT date_trunc('minute', now()) - i * interval '1 minute', kind, 40000, 90, 3000
  FROM generate_series(1, 7 * 24 * 60) i, unnest('{noop,resync,snapshot,recost,file}'::text[]) kind;
VACUUM (ANALYZE) activity, job, job_outcome, operation, tally
