-- name: begin
-- One picture for all statements of a batch, so that a running system gives exact answers; and no way to change anything.
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY

-- name: definition_hosts
-- What each host's directory of definitions held when it was read last.
SELECT host, directory, release, files, digest FROM definition_host ORDER BY read_at DESC

-- name: environment
-- What the promises stand on, as the server says it, and its clock in ms.
SELECT pg_is_in_recovery(), current_setting('transaction_read_only') = 'on', current_setting('fsync') = 'on',
       current_setting('full_page_writes') = 'on', current_setting('synchronous_commit') <> 'off',
       current_setting('autovacuum') = 'on' AND current_setting('track_counts') = 'on',
       (extract(epoch FROM clock_timestamp()) * 1000)::bigint

-- name: sealed_of_apps
-- A page of apps with their sealed keys.   $1 after this app, $2 unused (as of links), $3 how many
SELECT app_id, ''::text, client_auth_key_encrypted FROM apps
 WHERE app_id > coalesce($1::text, '') AND $2::text IS NOT NULL ORDER BY app_id LIMIT $3::bigint

-- name: sealed_of_links
-- A page of links with their sealed tokens, most of which have none.   $1, $2 after this link, $3 how many
SELECT app_id, repository_id, github_token_encrypted FROM app_repositories
 WHERE (app_id, repository_id) > (coalesce($1::text, ''), coalesce($2::text, ''))
 ORDER BY app_id, repository_id LIMIT $3::bigint

-- name: secrets
-- Texts of errors that look as if they held a secret (I10).   $1 operations, $2 a pattern
SELECT 'outcome ' || d.operation_id || '/' || d.seq FROM job_outcome d
 WHERE d.operation_id = ANY ($1::text[]) AND d.outcome = 'failed' AND d.error ~ $2
UNION ALL
SELECT 'job ' || j.operation_id || '/' || j.seq FROM job j
 WHERE j.operation_id = ANY ($1::text[]) AND j.run_at IS NOT NULL AND j.last_error ~ $2
UNION ALL
SELECT 'operation ' || o.operation_id FROM operation o
 WHERE o.operation_id = ANY ($1::text[]) AND (o.error ~ $2 OR o.subject ~ $2 OR o.args::text ~ $2)
LIMIT 100

-- name: state
-- Whether secrets are stored, and whether any definition can be used. No row: nothing vouches for Redis.
SELECT EXISTS (SELECT 1 FROM apps), EXISTS (SELECT 1 FROM workflow_definitions WHERE current_version IS NOT NULL)
  FROM store_state
