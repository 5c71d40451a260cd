-- name: check_agents_directory
-- How many runs it holds is not known before it has been listed.   $1 args
SELECT 'the agents directory', NULL::bigint, NULL::bigint, NULL::bigint, NULL::text, NULL::text WHERE $1::jsonb IS NOT NULL

-- name: check_any
-- Of a phase that is never the first.   $1 args
SELECT 'what the phase before has left', NULL::bigint, NULL::bigint, NULL::bigint, NULL::text, NULL::text
 WHERE $1::jsonb IS NOT NULL

-- name: check_cost_webhooks
-- $1 args
SELECT 'changed costs', NULL::bigint, NULL::bigint, NULL::bigint,
       CASE WHEN NOT waiting THEN 'RP404' END, 'No changed cost waits to be told'
  FROM (SELECT EXISTS (SELECT 1 FROM cost_webhook) AS waiting WHERE $1::jsonb IS NOT NULL) w

-- name: check_definitions
-- $1 args
SELECT 'the definitions', 1::bigint, NULL::bigint, NULL::bigint, NULL::text, NULL::text WHERE $1::jsonb IS NOT NULL

-- name: check_failed_link
-- A retry of one link, which must have failed. What it will send depends on what the app has.   $1 args
SELECT coalesce(a.app_name || ': ' || r.owner || '/' || r.name, ''), 1, NULL::bigint, NULL::bigint,
       CASE WHEN l.app_id IS NULL THEN 'RP404' WHEN l.result <> 'failed' THEN 'RP409' END,
       CASE WHEN a.app_id IS NULL THEN format('There is no app %s', given.app_id)
            WHEN r.repository_id IS NULL THEN format('There is no repository %s', given.repository_id)
            WHEN l.app_id IS NULL THEN format('The app %s does not watch the repository %s', given.app_id, given.repository_id)
            WHEN l.result = 'never' THEN 'Only a failed repository can be retried; this one was never sent'
            WHEN l.result = 'synced' THEN 'Only a failed repository can be retried; this one is synced'
       END
  FROM (SELECT $1::jsonb ->> 'app_id' AS app_id, $1::jsonb ->> 'repository_id' AS repository_id) given
  LEFT JOIN apps a ON a.app_id = given.app_id
  LEFT JOIN repositories r ON r.repository_id = given.repository_id
  LEFT JOIN app_repositories l ON l.app_id = given.app_id AND l.repository_id = given.repository_id

-- name: check_failed_links
-- $1 args
SELECT 'all apps', failed, NULL::bigint, NULL::bigint,
       CASE WHEN failed = 0 THEN 'RP404' END, CASE WHEN failed = 0 THEN 'No failed repositories' END
  FROM (SELECT count(*) AS failed FROM app_repositories WHERE result = 'failed' AND $1::jsonb IS NOT NULL) l

-- name: check_failed_links_of_app
-- $1 args
SELECT coalesce((SELECT app_name FROM apps WHERE app_id = $1::jsonb ->> 'app_id'), ''), failed, NULL::bigint, NULL::bigint,
       CASE WHEN failed = 0 THEN 'RP404' END,
       CASE WHEN failed > 0 THEN NULL
            WHEN EXISTS (SELECT 1 FROM app_repositories WHERE app_id = $1::jsonb ->> 'app_id')
                THEN 'No failed repositories for this app'
            ELSE 'No repositories for this app' END
  FROM (SELECT count(*) AS failed
          FROM app_repositories WHERE app_id = $1::jsonb ->> 'app_id' AND result = 'failed') l

-- name: check_failed_links_to_rescan
-- None due is no error: the next time there may be.   $1 args
SELECT 'failed repositories that are due', count(*), NULL::bigint, NULL::bigint, NULL::text, NULL::text
  FROM app_repositories l
-- include: kinds/_rescan_waits ARGS=$1
 WHERE result = 'failed'
-- include: kinds/_link_is_due

-- name: _check_link
-- One link, whatever its result.
SELECT coalesce(a.app_name || ': ' || r.owner || '/' || r.name, ''), 1, {FILES}, {BYTES},
       CASE WHEN l.app_id IS NULL THEN 'RP404' END,
       CASE WHEN a.app_id IS NULL THEN format('There is no app %s', given.app_id)
            WHEN r.repository_id IS NULL THEN format('There is no repository %s', given.repository_id)
            WHEN l.app_id IS NULL THEN format('The app %s does not watch the repository %s', given.app_id, given.repository_id)
       END
  FROM (SELECT $1::jsonb ->> 'app_id' AS app_id, $1::jsonb ->> 'repository_id' AS repository_id) given
  LEFT JOIN apps a ON a.app_id = given.app_id
  LEFT JOIN repositories r ON r.repository_id = given.repository_id
  LEFT JOIN app_repositories l ON l.app_id = given.app_id AND l.repository_id = given.repository_id

-- name: check_link
-- A re-sync of one link: what it re-sends is what its last complete tree held.   $1 args
-- include: kinds/_check_link FILES=l.files BYTES=l.bytes

-- name: check_link_for_changes
-- A snapshot of one link: what it sends depends on what the app has.   $1 args
-- include: kinds/_check_link FILES=NULL::bigint BYTES=NULL::bigint

-- name: _check_links_of_all
-- What was never sent has a size that is not known: `unsized` says of how many, where others are added up.
SELECT 'all apps', links, {FILES}, {BYTES},
       CASE WHEN links = 0 THEN 'RP404' END, CASE WHEN links = 0 THEN 'No app watches a repository' END,
       CASE WHEN {FILES} IS NULL THEN 0 ELSE links - sized END AS unsized
  FROM (SELECT count(*) AS links, count(files) AS sized, sum(files)::bigint AS files, sum(bytes)::bigint AS bytes
          FROM app_repositories WHERE $1::jsonb IS NOT NULL) l

-- name: check_links_of_all
-- $1 args
-- include: kinds/_check_links_of_all FILES=files BYTES=bytes

-- name: check_links_of_all_for_changes
-- $1 args
-- include: kinds/_check_links_of_all FILES=NULL::bigint BYTES=NULL::bigint

-- name: _check_links_of_app
SELECT coalesce((SELECT app_name FROM apps WHERE app_id = $1::jsonb ->> 'app_id'), ''), links, {FILES}, {BYTES},
       CASE WHEN links = 0 THEN 'RP404' END, CASE WHEN links = 0 THEN 'No repositories for this app' END,
       CASE WHEN {FILES} IS NULL THEN 0 ELSE links - sized END AS unsized
  FROM (SELECT count(*) AS links, count(files) AS sized, sum(files)::bigint AS files, sum(bytes)::bigint AS bytes
          FROM app_repositories WHERE app_id = $1::jsonb ->> 'app_id') l

-- name: check_links_of_app
-- $1 args
-- include: kinds/_check_links_of_app FILES=files BYTES=bytes

-- name: check_links_of_app_for_changes
-- $1 args
-- include: kinds/_check_links_of_app FILES=NULL::bigint BYTES=NULL::bigint

-- name: check_links_to_rescan
-- None due is no error: the next time there may be.   $1 args
SELECT 'repositories that are due', count(*), NULL::bigint, NULL::bigint, NULL::text, NULL::text
  FROM app_repositories l
-- include: kinds/_rescan_waits ARGS=$1
 WHERE true
-- include: kinds/_link_is_due

-- name: check_numbers
-- $1 args
SELECT ($1::jsonb ->> 'count') || ' jobs without effect', ($1::jsonb ->> 'count')::bigint, NULL::bigint, NULL::bigint,
       NULL::text, NULL::text

-- name: check_workflow
-- $1 args
SELECT 'workflow ' || ($1::jsonb ->> 'adw_id'), count(*), NULL::bigint, NULL::bigint,
       CASE WHEN count(*) = 0 THEN 'RP404' END, 'Workflow not found in database'
  FROM workflow_history WHERE adw_id = $1::jsonb ->> 'adw_id'

-- name: check_workflows
-- Counted by the sums of the history, which are exact (0007); with any other filter than the status one by one.
-- $1 args
WITH wanted AS (
-- include: kinds/_workflow_asked ARGS=$1
)
SELECT 'workflows ' || array_to_string(statuses, ' or ') || coalesce(' from ' || ($1::jsonb ->> 'from'), '')
                    || coalesce(' to ' || ($1::jsonb ->> 'to'), '') || coalesce(', model ' || model, '')
                    || coalesce(', template ' || template, '') || coalesce(', with "' || ($1::jsonb ->> 'search') || '"', ''),
       CASE WHEN refused.code IS NOT NULL THEN NULL
            WHEN coalesce(wanted.first::text, wanted.last::text, model, template, $1::jsonb ->> 'search') IS NULL THEN
           (SELECT coalesce(sum(runs), 0)::bigint FROM history_sum WHERE status = ANY (wanted.statuses))
            ELSE (SELECT count(*) FROM workflow_history h WHERE
-- include: kinds/_workflow_wanted ARGS=$1
           ) END, NULL::bigint, NULL::bigint, refused.code, refused.why
  FROM wanted,
       LATERAL (SELECT CASE
           WHEN $1::jsonb ->> 'from' IS NOT NULL AND first IS NULL THEN '"' || ($1::jsonb ->> 'from') || '" is no date'
           WHEN $1::jsonb ->> 'to' IS NOT NULL AND last IS NULL THEN '"' || ($1::jsonb ->> 'to') || '" is no date'
           WHEN first > last THEN 'the range is reversed: it begins at ' || ($1::jsonb ->> 'from') || ' and ends at '
                                  || ($1::jsonb ->> 'to') END AS short) s,
       LATERAL (SELECT CASE WHEN short IS NOT NULL THEN 'RP400' END AS code,
                       short || '; give dates as 2026-01-31, 2026-01-31T12:00 or 2026-01-31T12:00:00Z, the earlier one first'
                       AS why) refused
