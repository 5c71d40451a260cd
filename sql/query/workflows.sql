-- name: _recost_workflow
-- A workflow that a cost re-sync looked at, from its outcome.
       key AS workflow_id, outcome = 'succeeded' AS success, coalesce((result ->> 'updated')::boolean, false) AS updated,
       (result ->> 'old_cost')::numeric AS old_cost, (result ->> 'new_cost')::numeric AS new_cost,
       coalesce(result ->> 'message', error) AS message

-- name: _cost_parts
-- What the parts of a run's cost add up to, {PARTS} being what is stored of them; null where one of them is not known, or none is.
       LATERAL (SELECT CASE WHEN bool_and(coalesce(jsonb_typeof(part.value), '') = 'number')
                            THEN sum(CASE WHEN jsonb_typeof(part.value) = 'number' THEN part.value::numeric END) END AS cost
                  FROM jsonb_each(CASE WHEN jsonb_typeof({PARTS} -> 'by_phase') = 'object' THEN {PARTS} -> 'by_phase' END) part) of_phases,
       LATERAL (SELECT CASE WHEN bool_and(coalesce(jsonb_typeof(part.value -> 'cost'), '') = 'number')
                            THEN sum(CASE WHEN jsonb_typeof(part.value -> 'cost') = 'number' THEN (part.value -> 'cost')::numeric END) END AS cost
                  FROM jsonb_each(CASE WHEN jsonb_typeof({PARTS} -> 'by_model') = 'object' THEN {PARTS} -> 'by_model' END) part) of_models

-- name: _workflow
       h.id, h.adw_id, h.issue_number, h.nl_input, h.github_url, h.gh_issue_state, h.workflow_template, h.model_used, h.status,
       to_char(h.start_time, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS start_time,
       to_char(h.end_time, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS end_time,
       h.duration_seconds, h.error_message, h.phase_count, h.current_phase, h.retry_count, h.error_count, h.worktree_path,
       h.backend_port, h.frontend_port, h.branch_name, h.plan_file, h.issue_class, h.input_tokens, h.output_tokens,
       h.cached_tokens, h.cache_hit_tokens, h.cache_miss_tokens, h.total_tokens, h.cache_efficiency_percent,
       h.estimated_cost_total, h.actual_cost_total, h.estimated_cost_per_step, h.actual_cost_per_step, h.cost_per_token,
       h.cost_breakdown, h.token_breakdown, h.phase_durations, h.similar_workflows, h.anomaly_flags,
       h.optimization_recommendations, h.hour_of_day, h.day_of_week, h.nl_input_word_count, h.nl_input_clarity_score,
       h.cost_efficiency_score, h.performance_score, h.quality_score, h.scoring_version, h.bottleneck_phase,
       h.error_category, h.complexity_actual, h.pattern_signature,
       to_char(h.created_at, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS created_at,
       to_char(h.updated_at, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS updated_at,
       (extract(epoch FROM now() - coalesce(h.start_time, h.created_at)) * 1000)::bigint AS begun_ago_ms

-- name: _workflows
-- Runs along the index on {KEY}, those without one last, in either direction: these are looked at only where those with one do not
-- fill the page. (That they are sorted by a key that they lack keeps them on that index: along the ids it could pass over the
-- whole table.)
-- $1 limit, $2 offset, $3, $4 after this key (null = none) and id; the filters: _workflows_wanted; more: _workflows_{AMONG}.sql
WITH keyed AS MATERIALIZED (
    SELECT h.id, h.{KEY} AS key FROM workflow_history h
     WHERE h.{KEY} IS NOT NULL
       AND ($4::bigint IS NULL
            OR $3::{TYPE} IS NOT NULL AND (h.{KEY}, h.id) {BEYOND} ($3::{TYPE}, $4::bigint)) AND
-- include: query/_workflows_{AMONG} IDS=$11
       AND
-- include: query/_workflows_{HAVING}
     ORDER BY h.{KEY} {ORDER}, h.id {ORDER} LIMIT $1::bigint + $2::bigint),
keyless AS MATERIALIZED (
    SELECT h.id, h.{KEY} AS key FROM workflow_history h
     WHERE (SELECT count(*) FROM keyed) < $1::bigint + $2::bigint AND h.{KEY} IS NULL
       AND ($4::bigint IS NULL OR $3::{TYPE} IS NOT NULL OR h.id {BEYOND} $4::bigint) AND
-- include: query/_workflows_{AMONG} IDS=$11
       AND
-- include: query/_workflows_{LACKING}
     ORDER BY h.{KEY} {ORDER}, h.id {ORDER} LIMIT $1::bigint + $2::bigint),
-- include: query/_workflows_page

-- name: _workflows_all
-- Every run.
       true

-- name: _workflows_by_cost
-- The same by cost, which has no index on the runs: along that of its copy, and those that have changed since from their rows
-- (sql/migrations/0025_history_rank.sql). Each part is cut by itself, so that the index is walked along.
WITH keyed AS MATERIALIZED (
    SELECT id, key FROM (
        (SELECT h.id, h.actual_cost_total AS key FROM workflow_rank h
          WHERE NOT (h.id IN (SELECT f.id FROM workflow_rank_fresh f)) AND h.actual_cost_total IS NOT NULL
            AND ($4::bigint IS NULL
                 OR $3::numeric IS NOT NULL AND (h.actual_cost_total, h.id) {BEYOND} ($3::numeric, $4::bigint)) AND
-- include: query/_workflows_{AMONG} IDS=$11
            AND
-- include: query/_workflows_wanted
          ORDER BY h.actual_cost_total {ORDER}, h.id {ORDER} LIMIT $1::bigint + $2::bigint)
        UNION ALL
        (SELECT h.id, h.actual_cost_total AS key FROM workflow_history h
          WHERE h.id IN (SELECT f.id FROM workflow_rank_fresh f) AND h.actual_cost_total IS NOT NULL
            AND ($4::bigint IS NULL
                 OR $3::numeric IS NOT NULL AND (h.actual_cost_total, h.id) {BEYOND} ($3::numeric, $4::bigint)) AND
-- include: query/_workflows_{AMONG} IDS=$11
            AND
-- include: query/_workflows_wanted
          ORDER BY h.actual_cost_total {ORDER}, h.id {ORDER} LIMIT $1::bigint + $2::bigint)) parts
     ORDER BY key {ORDER}, id {ORDER} LIMIT $1::bigint + $2::bigint),
keyless AS MATERIALIZED (
    SELECT id, key FROM (
        (SELECT h.id, h.actual_cost_total AS key FROM workflow_rank h
          WHERE NOT (h.id IN (SELECT f.id FROM workflow_rank_fresh f)) AND (SELECT count(*) FROM keyed) < $1::bigint + $2::bigint AND h.actual_cost_total IS NULL
            AND ($4::bigint IS NULL OR $3::numeric IS NOT NULL OR h.id {BEYOND} $4::bigint) AND
-- include: query/_workflows_{AMONG} IDS=$11
            AND
-- include: query/_workflows_wanted
          ORDER BY h.actual_cost_total {ORDER}, h.id {ORDER} LIMIT $1::bigint + $2::bigint)
        UNION ALL
        (SELECT h.id, h.actual_cost_total AS key FROM workflow_history h
          WHERE h.id IN (SELECT f.id FROM workflow_rank_fresh f) AND (SELECT count(*) FROM keyed) < $1::bigint + $2::bigint AND h.actual_cost_total IS NULL
            AND ($4::bigint IS NULL OR $3::numeric IS NOT NULL OR h.id {BEYOND} $4::bigint) AND
-- include: query/_workflows_{AMONG} IDS=$11
            AND
-- include: query/_workflows_wanted
          ORDER BY h.actual_cost_total {ORDER}, h.id {ORDER} LIMIT $1::bigint + $2::bigint)) parts
     ORDER BY id {ORDER} LIMIT $1::bigint + $2::bigint),
-- include: query/_workflows_page

-- name: _workflows_count
-- How many runs match, counted up to $1, where no range of time is asked for.
-- $2, $3, $4 unused; the filters: _workflows_words; $11 ids, of marked ones
SELECT count(*) FROM (SELECT 1 FROM workflow_history h
 WHERE ($2::bigint IS NULL OR $3::text IS NULL OR $4::text IS NULL OR $8::timestamptz IS NULL OR $9::timestamptz IS NULL) AND
-- include: query/_workflows_{AMONG} IDS=$11
       AND
-- include: query/_workflows_words
 LIMIT $1::bigint) counted

-- name: _workflows_count_within
-- How many runs match, counted up to $1, where a range of time is asked for: those with a start, then those without.
-- $2, $3, $4 unused; the filters: _workflows_wanted; $11 ids, of marked ones
SELECT count(*) FROM (
    (SELECT 1 FROM workflow_history h
      WHERE ($2::bigint IS NULL OR $3::text IS NULL OR $4::text IS NULL) AND
-- include: query/_workflows_{AMONG} IDS=$11
        AND
-- include: query/_workflows_started
      LIMIT $1::bigint)
    UNION ALL
    (SELECT 1 FROM workflow_history h
      WHERE
-- include: query/_workflows_{AMONG} IDS=$11
        AND
-- include: query/_workflows_unstarted
      LIMIT $1::bigint)
    LIMIT $1::bigint) counted

-- name: _workflows_found
-- Runs whose text has $10 in it (a pattern of LIKE).
       h.id IN (SELECT s.id FROM workflow_search s WHERE s.nl_input LIKE lower($10::text))

-- name: _workflows_has_text
-- As a subquery it stays what it is: a look at this one run's text.
       (SELECT true FROM workflow_search s WHERE s.id = h.id AND s.nl_input LIKE lower($10::text))

-- name: _workflows_listed
-- Runs of a list of ids, of which few are wanted.
       h.id = ANY ({IDS}::bigint[])

-- name: _workflows_marked
-- Runs of a list of ids, looked up in it while an index is walked along: the sum keeps the planner from the index on the id, and
-- from one step for each of them there.
       h.id + 0 = ANY ({IDS}::bigint[])

-- name: _workflows_page
page AS (
    SELECT id, key, part FROM (SELECT id, key, 1 AS part FROM keyed UNION ALL SELECT id, key, 2 FROM keyless) both_parts
     ORDER BY part, key {ORDER}, id {ORDER} LIMIT $1::bigint OFFSET $2::bigint)
SELECT page.key::text AS cursor_1, page.id::text AS cursor_2,
-- include: query/_workflow
  FROM page JOIN workflow_history h USING (id)
 ORDER BY page.part, page.key {ORDER}, page.id {ORDER}

-- name: _workflows_sorted
-- Runs of a filter that is known to match few: all of them are read and sorted, by any key, in either direction, those without
-- one last. A key is a number (issues too, where they are), else a word.
-- $1 limit, $2 offset, $3, $4 after this key (null = none) and id; the filters: _workflows_wanted; $11 sort key,
-- $12 1 = ascending, -1 = descending; $13 ids, of listed ones
WITH wanted AS MATERIALIZED (
    SELECT h.id, $12::bigint * CASE $11::text
               WHEN 'created_at' THEN extract(epoch FROM h.created_at) WHEN 'updated_at' THEN extract(epoch FROM h.updated_at)
               WHEN 'start_time' THEN extract(epoch FROM h.start_time) WHEN 'end_time' THEN extract(epoch FROM h.end_time)
               WHEN 'duration_seconds' THEN h.duration_seconds::numeric
               WHEN 'issue_number' THEN CASE WHEN h.issue_number ~ '^\d{1,18}$' THEN h.issue_number::numeric END
               WHEN 'actual_cost_total' THEN h.actual_cost_total WHEN 'total_tokens' THEN h.total_tokens
               WHEN 'cache_efficiency_percent' THEN h.cache_efficiency_percent::numeric END AS number,
           CASE $11::text WHEN 'adw_id' THEN h.adw_id WHEN 'status' THEN h.status
               WHEN 'issue_number' THEN CASE WHEN h.issue_number !~ '^\d{1,18}$' THEN h.issue_number END END COLLATE "C" AS word
      FROM workflow_history h
     WHERE
-- include: query/_workflows_{AMONG} IDS=$13
       AND
-- include: query/_workflows_wanted
),
last AS (
    SELECT $4::text::bigint AS id, $12::bigint * CASE
               WHEN $11::text IN ('created_at', 'updated_at', 'start_time', 'end_time') THEN extract(epoch FROM $3::text::timestamptz)
               WHEN $11::text IN ('duration_seconds', 'cache_efficiency_percent') THEN $3::text::float8::numeric
               WHEN $11::text = 'issue_number' THEN CASE WHEN $3::text ~ '^\d{1,18}$' THEN $3::text::numeric END
               WHEN $11::text NOT IN ('adw_id', 'status') THEN $3::text::numeric END AS number,
           CASE WHEN $11::text IN ('adw_id', 'status') OR $11::text = 'issue_number' AND $3::text !~ '^\d{1,18}$'
                THEN $3::text END COLLATE "C" AS word),
page AS (
    SELECT w.* FROM wanted w, last
     WHERE last.id IS NULL
        OR (w.number IS NULL, coalesce(w.number, 0), w.word IS NULL)
           > (last.number IS NULL, coalesce(last.number, 0), last.word IS NULL)
        OR (w.number IS NULL, coalesce(w.number, 0), w.word IS NULL)
           = (last.number IS NULL, coalesce(last.number, 0), last.word IS NULL)
           AND CASE WHEN $12::bigint > 0 THEN (coalesce(w.word, ''), w.id) > (coalesce(last.word, ''), last.id)
                    ELSE (coalesce(w.word, ''), w.id) < (coalesce(last.word, ''), last.id) END
     ORDER BY w.number, w.word IS NULL, CASE WHEN $12::bigint > 0 THEN w.word END,
              CASE WHEN $12::bigint < 0 THEN w.word END DESC, $12::bigint * w.id LIMIT $1::bigint OFFSET $2::bigint)
SELECT CASE $11::text WHEN 'created_at' THEN h.created_at::text WHEN 'updated_at' THEN h.updated_at::text
                      WHEN 'start_time' THEN h.start_time::text WHEN 'end_time' THEN h.end_time::text
                      WHEN 'duration_seconds' THEN h.duration_seconds::text WHEN 'issue_number' THEN h.issue_number
                      WHEN 'status' THEN h.status WHEN 'actual_cost_total' THEN h.actual_cost_total::text
                      WHEN 'total_tokens' THEN h.total_tokens::text WHEN 'adw_id' THEN h.adw_id
                      WHEN 'cache_efficiency_percent' THEN h.cache_efficiency_percent::text END AS cursor_1,
       page.id::text AS cursor_2,
-- include: query/_workflow
  FROM page JOIN workflow_history h USING (id)
 ORDER BY page.number, page.word IS NULL, CASE WHEN $12::bigint > 0 THEN page.word END,
          CASE WHEN $12::bigint < 0 THEN page.word END DESC, $12::bigint * page.id

-- name: _workflows_started
-- The same of a run that has a start: a range of the index on it.
-- include: query/_workflows_words
       AND h.start_time IS NOT NULL
       AND ($8::timestamptz IS NULL OR h.start_time >= $8::timestamptz)
       AND ($9::timestamptz IS NULL OR h.start_time <= $9::timestamptz)

-- name: _workflows_status_asked
-- Along a sort key nothing is looked at that was not asked for.
       ($5::text IS NULL OR h.status = ANY (string_to_array($5, ',')))

-- name: _workflows_status_spelled
-- The index on the three words begins with the status: it is spelled out where any will do.
       h.status = ANY (CASE WHEN $5::text IS NULL THEN ARRAY['pending', 'running', 'completed', 'failed']
                            ELSE string_to_array($5, ',') END)

-- name: _workflows_unstarted
-- The same of a run that has none.
-- include: query/_workflows_words
       AND h.start_time IS NULL
       AND ($8::timestamptz IS NULL OR h.created_at >= $8::timestamptz)
       AND ($9::timestamptz IS NULL OR h.created_at <= $9::timestamptz)

-- name: _workflows_walk
-- The same where a text is searched that many runs have: along the index, each run's text is looked at, of $11 runs at most. What
-- is no full page may lack some, and tells nothing. Those without a key are walked only where the cursor stands among them.
-- $1 limit, $2 offset, $3, $4 after this key (null = none) and id; the filters: _workflows_wanted; $11 runs to look at
WITH keyed AS MATERIALIZED (
    SELECT h.id, h.key FROM (
        SELECT h.id, h.{KEY} AS key FROM workflow_history h
         WHERE h.{KEY} IS NOT NULL
           AND ($4::bigint IS NULL
                OR $3::{TYPE} IS NOT NULL AND (h.{KEY}, h.id) {BEYOND} ($3::{TYPE}, $4::bigint)) AND
-- include: query/_workflows_{HAVING}
         ORDER BY h.{KEY} {ORDER}, h.id {ORDER} LIMIT $11::bigint) h
     WHERE
-- include: query/_workflows_has_text
     ORDER BY h.key {ORDER}, h.id {ORDER} LIMIT $1::bigint + $2::bigint),
keyless AS MATERIALIZED (
    SELECT h.id, h.key FROM (
        SELECT h.id, h.{KEY} AS key FROM workflow_history h
         WHERE $3::{TYPE} IS NULL AND h.id {BEYOND} $4::bigint AND h.{KEY} IS NULL AND
-- include: query/_workflows_{LACKING}
         ORDER BY h.{KEY} {ORDER}, h.id {ORDER} LIMIT $11::bigint) h
     WHERE
-- include: query/_workflows_has_text
     ORDER BY h.key {ORDER}, h.id {ORDER} LIMIT $1::bigint + $2::bigint),
-- include: query/_workflows_page

-- name: _workflows_walk_by_cost
-- The same by cost.
WITH keyed AS MATERIALIZED (
    SELECT h.id, h.key FROM (
        SELECT id, key FROM (
        (SELECT h.id, h.actual_cost_total AS key FROM workflow_rank h
          WHERE NOT (h.id IN (SELECT f.id FROM workflow_rank_fresh f)) AND h.actual_cost_total IS NOT NULL
            AND ($4::bigint IS NULL
                 OR $3::numeric IS NOT NULL AND (h.actual_cost_total, h.id) {BEYOND} ($3::numeric, $4::bigint)) AND
-- include: query/_workflows_wanted
          ORDER BY h.actual_cost_total {ORDER}, h.id {ORDER} LIMIT $11::bigint)
        UNION ALL
        (SELECT h.id, h.actual_cost_total AS key FROM workflow_history h
          WHERE h.id IN (SELECT f.id FROM workflow_rank_fresh f) AND h.actual_cost_total IS NOT NULL
            AND ($4::bigint IS NULL
                 OR $3::numeric IS NOT NULL AND (h.actual_cost_total, h.id) {BEYOND} ($3::numeric, $4::bigint)) AND
-- include: query/_workflows_wanted
          ORDER BY h.actual_cost_total {ORDER}, h.id {ORDER} LIMIT $11::bigint)) parts
         ORDER BY key {ORDER}, id {ORDER} LIMIT $11::bigint) h
     WHERE
-- include: query/_workflows_has_text
     ORDER BY h.key {ORDER}, h.id {ORDER} LIMIT $1::bigint + $2::bigint),
keyless AS MATERIALIZED (
    SELECT h.id, h.key FROM (
        SELECT id, key FROM (
        (SELECT h.id, h.actual_cost_total AS key FROM workflow_rank h
          WHERE NOT (h.id IN (SELECT f.id FROM workflow_rank_fresh f)) AND $3::numeric IS NULL AND h.id {BEYOND} $4::bigint AND h.actual_cost_total IS NULL AND
-- include: query/_workflows_wanted
          ORDER BY h.actual_cost_total {ORDER}, h.id {ORDER} LIMIT $11::bigint)
        UNION ALL
        (SELECT h.id, h.actual_cost_total AS key FROM workflow_history h
          WHERE h.id IN (SELECT f.id FROM workflow_rank_fresh f) AND $3::numeric IS NULL AND h.id {BEYOND} $4::bigint AND h.actual_cost_total IS NULL AND
-- include: query/_workflows_wanted
          ORDER BY h.actual_cost_total {ORDER}, h.id {ORDER} LIMIT $11::bigint)) parts
         ORDER BY id {ORDER} LIMIT $11::bigint) h
     WHERE
-- include: query/_workflows_has_text
     ORDER BY h.key {ORDER}, h.id {ORDER} LIMIT $1::bigint + $2::bigint),
-- include: query/_workflows_page

-- name: _workflows_wanted
-- Of the run `h`: the words, and $8 from, $9 to. A run's time is when it started, else when its row was made.
-- include: query/_workflows_words
       AND ($8::timestamptz IS NULL AND $9::timestamptz IS NULL
            OR h.start_time BETWEEN coalesce($8::timestamptz, '-infinity') AND coalesce($9::timestamptz, 'infinity')
            OR h.start_time IS NULL
               AND h.created_at BETWEEN coalesce($8::timestamptz, '-infinity') AND coalesce($9::timestamptz, 'infinity'))

-- name: _workflows_words
-- Of the run `h`: $5 statuses, with commas, $6 model, $7 template; null = any. ($10 is used where a text is searched; the line
-- that names it is for the other statements, and is always true.)
-- include: query/_workflows_status_{STATUSES}
       AND ($6::text IS NULL OR h.model_used = $6)
       AND ($7::text IS NULL OR h.workflow_template = $7)
       AND ($10::text IS NULL OR $10 IS NOT NULL)

-- name: recost_largest
-- The ten largest changes of a cost re-sync, up or down.   $1 operation
SELECT
-- include: query/_recost_workflow
       , coalesce((result ->> 'new_cost')::numeric, 0) - coalesce((result ->> 'old_cost')::numeric, 0) AS change
  FROM job_outcome
 WHERE operation_id = $1 AND result -> 'old_cost' IS DISTINCT FROM result -> 'new_cost'
 ORDER BY abs(coalesce((result ->> 'new_cost')::numeric, 0) - coalesce((result ->> 'old_cost')::numeric, 0)) DESC, seq
 LIMIT 10

-- name: recost_result
-- What a cost re-sync did, in all. The totals are of the costs that are known; of how many runs none was and is stands beside them.
-- $1 operation
SELECT o.operation_id, t.succeeded + t.failed + t.skipped AS total_processed, t.succeeded AS successful, t.failed,
       c.updated, c.changed, c.old_total, c.new_total, c.new_total - c.old_total AS change, c.old_unknown, c.new_unknown, o.dry_run
  FROM operation o JOIN tally t USING (operation_id),
       LATERAL (SELECT count(*) FILTER (WHERE (result ->> 'updated')::boolean) AS updated,
                       count(*) FILTER (WHERE result -> 'old_cost' IS DISTINCT FROM result -> 'new_cost') AS changed,
                       count(*) FILTER (WHERE result ? 'new_cost' AND result ->> 'old_cost' IS NULL) AS old_unknown,
                       count(*) FILTER (WHERE result ? 'new_cost' AND result ->> 'new_cost' IS NULL) AS new_unknown,
                       coalesce(sum((result ->> 'old_cost')::numeric), 0)::numeric(18, 9) AS old_total,
                       coalesce(sum((result ->> 'new_cost')::numeric), 0)::numeric(18, 9) AS new_total
                  FROM job_outcome WHERE operation_id = $1) c
 WHERE o.operation_id = $1 AND o.phases -> 0 ->> 'job' = 'recost'

-- name: recost_workflow
-- The one workflow of a cost re-sync.   $1 operation
SELECT
-- include: query/_recost_workflow
       , operation_id
  FROM job_outcome WHERE operation_id = $1 ORDER BY seq LIMIT 1

-- name: recost_workflows
-- $1 limit, $2 offset, $3 after this seq, $4 operation
SELECT seq::text AS cursor_1,
-- include: query/_recost_workflow
  FROM job_outcome
 WHERE operation_id = $4 AND ($3::text IS NULL OR seq > $3::text::bigint)
 ORDER BY seq LIMIT $1 OFFSET $2

-- name: workflow
-- A run with all that is known of it: the parts that are stored by phase (in the order in which they run) and by model as rows, the runs most like it, and
-- every change of its cost, the newest first (of a thousand).   $1 id
SELECT
-- include: query/_workflow
       , trim_scale(of_phases.cost) AS cost_of_phases, trim_scale(of_models.cost) AS cost_of_models,
       (SELECT jsonb_agg(jsonb_build_object('phase', phase, 'cost', (h.cost_breakdown -> 'by_phase' ->> phase)::numeric,
                                            'duration_seconds', (h.phase_durations ->> phase)::numeric)
                         ORDER BY array_position(ARRAY['plan', 'build', 'test', 'review', 'document', 'ship'], phase), phase)
          FROM (SELECT jsonb_object_keys(h.cost_breakdown -> 'by_phase') UNION SELECT jsonb_object_keys(h.phase_durations))
               AS known (phase)) AS phases,
       (SELECT jsonb_agg(jsonb_build_object('model', m.key) || m.value ORDER BY m.key)
          FROM jsonb_each(h.cost_breakdown -> 'by_model') m) AS models,
       (SELECT jsonb_agg(jsonb_build_object('id', o.adw_id, 'similarity_score', s.value -> 'similarity_score',
                         'status', o.status, 'actual_cost_total', trim_scale(o.actual_cost_total), 'duration_seconds', o.duration_seconds,
                         'workflow_template', o.workflow_template, 'nl_input', left(o.nl_input, 200)) ORDER BY s.n)
          FROM jsonb_array_elements(h.similar_workflows) WITH ORDINALITY s (value, n)
          JOIN workflow_history o ON o.id = (s.value ->> 'id')::bigint) AS similar_runs,
       (SELECT jsonb_agg(jsonb_build_object('old_cost', trim_scale(a.old_cost), 'new_cost', trim_scale(a.new_cost), 'old_status', a.old_status,
                         'new_status', a.new_status, 'reason', a.reason, 'operation_id', a.operation_id,
                         'at', to_char(a.at, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')) ORDER BY a.id DESC)
          FROM (SELECT * FROM cost_audit_log WHERE adw_id = h.adw_id ORDER BY id DESC LIMIT 1000) a) AS audit_trail
  FROM workflow_history h,
-- include: query/_cost_parts PARTS=h.cost_breakdown
 WHERE h.adw_id = $1

-- name: workflows_range
-- What two dates mean: the first instant of the one, the last of the other; null = it is no date.   $1 from, $2 to
SELECT history_instant($1::text, false)::text, history_instant($2::text, true)::text,
       history_instant($1::text, false) > history_instant($2::text, true)

-- name: workflows_search_ids
-- The runs whose text has $1 in it (a pattern of LIKE), at most $2 of them, in no order: how many, and their ids as an array.
SELECT count(*), coalesce(array_agg(id), '{}')::text
  FROM (SELECT id FROM workflow_search WHERE nl_input LIKE lower($1::text) LIMIT $2::bigint) found

-- name: workflows_search_share
-- Which share of all texts has $1 in it (a pattern of LIKE), by a sample of some forty pages. No row = there was nothing in the
-- sample.
SELECT avg((nl_input LIKE lower($1::text))::integer)::float8
  FROM workflow_search TABLESAMPLE SYSTEM (least(100, 4000 * 8192.0 / greatest(pg_relation_size('workflow_search'), 8192)))
HAVING count(*) > 0

-- name: workflows_unequal
-- Runs whose cost is not what its phases or its models add up to, the newest first, among the $4 runs beyond the cursor: whether a
-- run is one of them is known when it has been read, so a page ends there, too.   $1 limit, $2 offset, $3 after this id
WITH looked AS MATERIALIZED (
    SELECT h.id, h.actual_cost_total AS cost, h.cost_breakdown AS parts FROM workflow_history h
     WHERE $3::text IS NULL OR h.id < $3::text::bigint ORDER BY h.id DESC LIMIT $4::bigint),
unequal AS (
    SELECT l.id, of_phases.cost AS phases, of_models.cost AS models FROM looked l,
-- include: query/_cost_parts PARTS=l.parts
     WHERE abs(coalesce(l.cost, 0) - of_phases.cost) > 0.000001 OR abs(coalesce(l.cost, 0) - of_models.cost) > 0.000001
     ORDER BY l.id DESC LIMIT $1::bigint OFFSET $2::bigint)
SELECT u.id::text AS cursor_1, trim_scale(u.phases) AS cost_of_phases, trim_scale(u.models) AS cost_of_models,
-- include: query/_workflow
  FROM unequal u JOIN workflow_history h USING (id) ORDER BY u.id DESC

-- name: workflows_unequal_end
-- The last of the $2 runs that were looked at; no row = there are fewer.   $1 after this id (null = from the newest)
SELECT id::text FROM workflow_history WHERE $1::text IS NULL OR id < $1::text::bigint ORDER BY id DESC OFFSET $2::bigint - 1 LIMIT 1

-- name: workflows_cheap
-- Completed runs that are cheap for their tokens. The page is cut in the index alone.
-- $1 limit, $2 offset, $3, $4 after this cost and id, $5 below this cost, $6 more tokens than this
WITH page AS (
    SELECT actual_cost_total, id FROM (
        (SELECT h.actual_cost_total, h.id FROM workflow_rank h
          WHERE NOT (h.id IN (SELECT f.id FROM workflow_rank_fresh f)) AND h.actual_cost_total < $5::text::numeric AND h.status = 'completed' AND h.total_tokens > $6::bigint
            AND ($4::text IS NULL OR (h.actual_cost_total, h.id) > ($3::text::numeric, $4::text::bigint))
          ORDER BY h.actual_cost_total, h.id LIMIT $1::bigint + $2::bigint)
        UNION ALL
        (SELECT h.actual_cost_total, h.id FROM workflow_history h
          WHERE h.id IN (SELECT f.id FROM workflow_rank_fresh f) AND h.actual_cost_total < $5::text::numeric AND h.status = 'completed' AND h.total_tokens > $6::bigint
            AND ($4::text IS NULL OR (h.actual_cost_total, h.id) > ($3::text::numeric, $4::text::bigint))
          ORDER BY h.actual_cost_total, h.id LIMIT $1::bigint + $2::bigint)) parts
     ORDER BY actual_cost_total, id LIMIT $1::bigint OFFSET $2::bigint)
SELECT page.actual_cost_total::text AS cursor_1, page.id::text AS cursor_2,
-- include: query/_workflow
  FROM page JOIN workflow_history h USING (id)
 ORDER BY page.actual_cost_total, page.id

-- name: workflows_{AMONG}_by_actual_cost_total_{order}
-- each: AMONG=all
-- each: AMONG=marked
-- each: order=asc ORDER=ASC BEYOND=>
-- each: order=desc ORDER=DESC BEYOND=<
-- include: query/_workflows_by_cost STATUSES=asked

-- name: workflows_walk_by_actual_cost_total_{order}
-- each: order=asc ORDER=ASC BEYOND=>
-- each: order=desc ORDER=DESC BEYOND=<
-- include: query/_workflows_walk_by_cost STATUSES=asked

-- name: workflows_{AMONG}_by_{KEY}_{order}
-- Runs in the order of a key that has an index, forwards and backwards.
-- each: AMONG=all
-- each: AMONG=marked
-- each: KEY=adw_id TYPE=text HAVING=wanted LACKING=wanted
-- each: KEY=created_at TYPE=timestamptz HAVING=wanted LACKING=wanted
-- each: KEY=duration_seconds TYPE=float8 HAVING=wanted LACKING=wanted
-- each: KEY=start_time TYPE=timestamptz HAVING=started LACKING=unstarted
-- each: order=asc ORDER=ASC BEYOND=>
-- each: order=desc ORDER=DESC BEYOND=<
-- include: query/_workflows STATUSES=asked

-- name: workflows_walk_by_{KEY}_{order}
-- each: KEY=adw_id TYPE=text HAVING=wanted LACKING=wanted
-- each: KEY=created_at TYPE=timestamptz HAVING=wanted LACKING=wanted
-- each: KEY=duration_seconds TYPE=float8 HAVING=wanted LACKING=wanted
-- each: KEY=start_time TYPE=timestamptz HAVING=started LACKING=unstarted
-- each: order=asc ORDER=ASC BEYOND=>
-- each: order=desc ORDER=DESC BEYOND=<
-- include: query/_workflows_walk STATUSES=asked

-- name: workflows_{AMONG}_count
-- each: AMONG=all
-- each: AMONG=found
-- each: AMONG=listed
-- include: query/_workflows_count STATUSES=spelled

-- name: workflows_{AMONG}_count_within
-- each: AMONG=all
-- each: AMONG=found
-- each: AMONG=listed
-- include: query/_workflows_count_within STATUSES=spelled

-- name: workflows_{AMONG}_sorted
-- each: AMONG=all
-- each: AMONG=found
-- each: AMONG=listed
-- include: query/_workflows_sorted STATUSES=spelled
