-- name: _changed
-- Rows of workflow_ranked whose content changed since the last pass of this kind; none = all of them. What a restored database numbers ahead
-- of its own transactions was seen by that pass over all.
       content_xid >= coalesce(pass.seen, '0') AND content_xid < pg_snapshot_xmax(pg_current_snapshot())

-- name: _due
-- What a pass of this kind has to do: nothing where no row changed (then no row of `pass` is there), and never in a dry run,
-- for which nothing has changed yet; all where no pass before it counts (seen is null).
WITH RECURSIVE pass AS MATERIALIZED (
    SELECT seen FROM (SELECT history_seen($4) AS seen) pass
     WHERE NOT EXISTS (SELECT 1 FROM operation WHERE operation_id = $1 AND dry_run)
       AND EXISTS (SELECT 1 FROM workflow_ranked WHERE
-- include: kinds/_changed
           )),
changed AS MATERIALIZED (
    SELECT id, adw_id, pattern_signature FROM workflow_history
     WHERE id IN (SELECT id FROM workflow_ranked, pass WHERE pass.seen IS NOT NULL AND
-- include: kinds/_changed
           ))

-- name: _due_step
-- A step over the runs of `due`, or over all: the job's key is the run's id.
numbered AS (
    SELECT adw_id AS key, adw_id AS "cursor", row_number() OVER (ORDER BY adw_id) AS n
      FROM (SELECT adw_id FROM due WHERE adw_id > coalesce($6::text, '')
            UNION ALL
            (SELECT adw_id FROM workflow_history
              WHERE (SELECT count(*) FROM pass WHERE seen IS NULL) > 0 AND adw_id > coalesce($6::text, '')
              ORDER BY adw_id LIMIT $7::bigint)) every
     WHERE $5::jsonb IS NOT NULL ORDER BY adw_id LIMIT $7::bigint)

-- name: _pass
-- Beside the jobs of the first step: through which transactions this pass sees all changes.
, passed AS (
    INSERT INTO history_pass (operation_id, phase, kind, through)
    SELECT $1, $3, $4, pg_snapshot_xmin(pg_current_snapshot())
     WHERE $6::text IS NULL AND NOT EXISTS (SELECT 1 FROM operation WHERE operation_id = $1 AND dry_run)
        ON CONFLICT DO NOTHING)

-- name: _workflow_asked
-- What the arguments {ARGS} ask of a run, each null where anything will do.
SELECT ARRAY(SELECT jsonb_array_elements_text(coalesce({ARGS}::jsonb -> 'status', '["completed", "failed"]'))) AS statuses,
       history_instant({ARGS}::jsonb ->> 'from', false) AS first, history_instant({ARGS}::jsonb ->> 'to', true) AS last,
       {ARGS}::jsonb ->> 'model' AS model, {ARGS}::jsonb ->> 'template' AS template

-- name: _workflow_step
-- The columns of a step over runs of the history: the job's key is the run's id.
WITH numbered AS (
    SELECT adw_id AS key, adw_id AS "cursor", row_number() OVER (ORDER BY adw_id) AS n

-- name: _workflow_wanted
-- Of the run `h`: it is what the list of runs shows with the same filter. The texts are searched once for all.
       status = ANY (wanted.statuses)
       AND (wanted.first IS NULL OR coalesce(start_time, created_at) >= wanted.first)
       AND (wanted.last IS NULL OR coalesce(start_time, created_at) <= wanted.last)
       AND (wanted.model IS NULL OR model_used = wanted.model)
       AND (wanted.template IS NULL OR workflow_template = wanted.template)
       AND ({ARGS}::jsonb ->> 'search' IS NULL
            OR h.id IN (SELECT s.id FROM workflow_search s
                         WHERE s.nl_input LIKE '%' || regexp_replace(lower({ARGS}::jsonb ->> 'search'), '([\\%_])', '\\\1', 'g') || '%'))

-- name: patterns_to_refresh
-- patterns-to-refresh: those that a run which changed has or had, and those that a run is gone from. Where no pass counts:
-- every pattern that a run has or had.
-- $1 operation, $2 last seq, $3 phase, $4 kind, $5 args, $6 cursor, $7 limit
-- include: kinds/_due
, used AS (
    SELECT min(pattern_signature) AS signature FROM workflow_history
     WHERE (SELECT count(*) FROM pass WHERE seen IS NULL) > 0 AND pattern_signature > ''
    UNION ALL
    SELECT (SELECT min(pattern_signature) FROM workflow_history h WHERE h.pattern_signature > used.signature)
      FROM used WHERE used.signature IS NOT NULL),
due AS (
    SELECT signature FROM used
    UNION SELECT pattern_signature FROM changed
    UNION SELECT p.signature FROM operation_patterns p, pass
     WHERE pass.seen IS NULL
        OR EXISTS (SELECT 1 FROM pattern_occurrences o JOIN changed c ON c.id = o.workflow_id WHERE o.pattern_id = p.id)
        OR p.occurrence_count <> (SELECT count(*) FROM pattern_occurrences o WHERE o.pattern_id = p.id)),
numbered AS (
    SELECT signature AS key, signature AS "cursor", row_number() OVER (ORDER BY signature) AS n
      FROM due WHERE signature > coalesce($6::text, '') AND $5::jsonb IS NOT NULL
     ORDER BY signature LIMIT $7::bigint)
-- include: kinds/_pass
-- include: queue/_plan_step

-- name: runs_to_compare
-- runs-to-compare, with one another: those that changed, and those whose lists hold one that changed or is gone. Whose list a
-- changed one enters its own job finds out (worker/run/similarity.c).
-- $1 operation, $2 last seq, $3 phase, $4 kind, $5 args, $6 cursor, $7 limit
-- include: kinds/_due
, holders AS (
    SELECT h.adw_id
      FROM workflow_history h
     CROSS JOIN LATERAL jsonb_array_elements(h.similar_workflows) AS one
      LEFT JOIN workflow_history other ON other.id = (one ->> 'id')::bigint
     WHERE (SELECT seen FROM pass) IS NOT NULL
       AND (other.id IS NULL OR other.id IN (SELECT id FROM changed))),
due AS (
    SELECT adw_id FROM changed UNION SELECT adw_id FROM holders
    UNION SELECT adw_id FROM workflow_history WHERE (SELECT seen FROM pass) IS NOT NULL AND similar_workflows IS NULL),
-- include: kinds/_due_step
-- include: kinds/_pass
-- include: queue/_plan_step

-- name: runs_to_score
-- runs-to-compare, to be scored: those that changed, and those whose anomalies of cost or duration are not what the means of
-- their template make of them now. All else that a score depends on is the run's own.
-- $1 operation, $2 last seq, $3 phase, $4 kind, $5 args, $6 cursor, $7 limit
-- include: kinds/_due
, sums AS MATERIALIZED (
-- include: history/templates
),
-- What the worker makes of the same sums, to the bit: score.c, anomalies.c.
means AS (
    SELECT h.adw_id, h.anomaly_flags, (h.actual_cost_total * 1000000000)::double precision AS cost,
           h.duration_seconds AS duration,
           history_mean_of_others(s.cost_nusd, s.costs, (h.actual_cost_total * 1000000000)::double precision) AS mean_cost,
           history_mean_of_others(s.duration_s, s.durations, h.duration_seconds) AS mean_duration, s.runs - 1 >= 3 AS has_peers
      FROM sums s JOIN workflow_history h USING (workflow_template)),
odd AS (
    SELECT adw_id FROM means
     WHERE (SELECT seen FROM pass) IS NOT NULL
       AND (history_differs(jsonb_path_query_first(anomaly_flags, '$[*] ? (@.type == "cost").expected'),
                            CASE WHEN has_peers AND mean_cost > 0 AND cost / 1e9 > 2 * (mean_cost / 1e9) THEN mean_cost / 1e9 END)
            OR history_differs(jsonb_path_query_first(anomaly_flags, '$[*] ? (@.type == "duration").expected'),
                               CASE WHEN has_peers AND mean_duration > 0 AND duration > 2 * mean_duration THEN mean_duration END))),
due AS (
    SELECT adw_id FROM changed UNION SELECT adw_id FROM odd
    UNION SELECT adw_id FROM workflow_history WHERE (SELECT seen FROM pass) IS NOT NULL AND anomaly_flags IS NULL),
-- include: kinds/_due_step
-- include: kinds/_pass
-- include: queue/_plan_step

-- name: scanned_runs
-- scanned-runs: what the scan of this operation has found.
-- $1 operation, $2 last seq, $3 phase, $4 kind, $5 args, $6 cursor, $7 limit
-- include: kinds/_workflow_step
      FROM scanned_run WHERE operation_id = $1 AND adw_id > coalesce($6::text, '') AND $5::jsonb IS NOT NULL
     ORDER BY adw_id LIMIT $7::bigint)
-- include: queue/_plan_step

-- name: workflow
-- workflow: the one that the arguments name.
-- $1 operation, $2 last seq, $3 phase, $4 kind, $5 args, $6 cursor, $7 limit
-- include: kinds/_workflow_step
      FROM workflow_history WHERE adw_id = $5::jsonb ->> 'adw_id' AND $6::text IS NULL LIMIT $7::bigint)
-- include: queue/_plan_step

-- name: workflows
-- workflows: those that the arguments name, the set that the list of runs shows with the same filter.
-- $1 operation, $2 last seq, $3 phase, $4 kind, $5 args, $6 cursor, $7 limit
-- include: kinds/_workflow_step
      FROM (
-- include: kinds/_workflow_asked ARGS=$5
           ) wanted, workflow_history h
     WHERE adw_id > coalesce($6::text, '') AND
-- include: kinds/_workflow_wanted ARGS=$5
     ORDER BY adw_id LIMIT $7::bigint)
-- include: queue/_plan_step
