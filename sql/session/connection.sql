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

-- name: lost_settings
-- Which of the settings that were made for the session are others now; null: none.
SELECT string_agg(name || ' is ' || current_setting(name), ', ')
  FROM (VALUES ('TimeZone', 'UTC'), ('DateStyle', 'ISO%'), ('bytea_output', 'hex'), ('search_path', 'reprise, public'),
               ('default_transaction_isolation', 'read committed'), ('plan_cache_mode', 'force_custom_plan'),
               ('client_encoding', 'UTF8')) AS wanted (name, kept)
 WHERE current_setting(name) NOT LIKE kept

-- name: process
SELECT pg_backend_pid()

-- name: rollback
ROLLBACK
