-- name: at_work
-- Whether the server does something for another connection, neither reading from its client nor writing to it. Null: that cannot be
-- told (a pooler stands between, which makes up the numbers of processes; activities are not tracked).
-- $1 the process of that connection, $2 the process of this one, as the client knows them
SELECT CASE WHEN pg_backend_pid() <> $2::integer OR a.state = 'disabled' THEN NULL
            WHEN a.pid IS NULL THEN false
            ELSE a.state <> 'idle' AND a.state NOT LIKE 'idle in transaction%' AND a.wait_event_type IS DISTINCT FROM 'Client' END
  FROM (SELECT $1::integer AS pid) AS asked LEFT JOIN pg_stat_activity a ON a.pid = asked.pid

-- name: begin
BEGIN

-- name: commit
COMMIT

-- name: rollback
ROLLBACK
