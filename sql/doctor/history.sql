-- name: activity
-- Kept activity that is not what was done: by minute and kind of job the outcomes of that minute, for a settle writes both in one
-- transaction, with one time; and its sums since the beginning. Not judged: minutes whose outcomes have been pruned, or may be being;
-- what was done before activity was kept, or by older workers in the day of that change; minutes that are still being written.
-- Reads all outcomes of the last days.
-- $1 how long outcomes are kept in ms (0 = always)
WITH bounds AS (
    SELECT greatest((SELECT max(finished_at) + interval '5 minutes' FROM operation WHERE pruned_at IS NOT NULL),
                    (SELECT max(o.finished_at) + interval '5 minutes' FROM operation o JOIN tally t USING (operation_id)
                      WHERE o.pruned_at IS NULL AND t.succeeded + t.failed + t.skipped
                            > (SELECT count(*) FROM job_outcome d WHERE d.operation_id = o.operation_id)),
                    CASE WHEN $1::bigint > 0 THEN now() - $1::bigint * interval '1 millisecond' END,
                    (SELECT later.applied_at + interval '1 day' FROM schema_migration later, schema_migration first
                      WHERE later.version = 10 AND first.version = 1 AND later.applied_at > first.applied_at + interval '1 hour'),
                    now() - interval '8 days', '-infinity') AS after,
           (SELECT applied_at FROM schema_migration WHERE version = 10) > now() - interval '7 days' AS whole),
every AS (SELECT * FROM activity UNION ALL SELECT * FROM activity_fresh),
kept AS (
    SELECT minute, kind, sum(succeeded) AS succeeded, sum(failed) AS failed, sum(skipped) AS skipped
      FROM every WHERE minute > '-infinity' GROUP BY minute, kind),
done AS (
    SELECT date_trunc('minute', finished_at) AS minute, kind, count(*) FILTER (WHERE outcome = 'succeeded') AS succeeded,
           count(*) FILTER (WHERE outcome = 'failed') AS failed, count(*) FILTER (WHERE outcome = 'skipped') AS skipped
      FROM job_outcome, bounds WHERE finished_at > after GROUP BY 1, 2),
minutes AS (
    SELECT minute, kind, coalesce(k.succeeded, 0) AS ks, coalesce(k.failed, 0) AS kf, coalesce(k.skipped, 0) AS kk,
           coalesce(d.succeeded, 0) AS ds, coalesce(d.failed, 0) AS df, coalesce(d.skipped, 0) AS dk
      FROM kept k FULL JOIN done d USING (minute, kind) CROSS JOIN bounds
     WHERE kind <> 'file' AND minute > after),
summed AS (
    SELECT kind, sum(succeeded) AS succeeded, sum(failed) AS failed, sum(skipped) AS skipped FROM activity
     WHERE minute > '-infinity' GROUP BY kind),
sums AS (
    SELECT kind, coalesce(s.succeeded, 0) AS ss, coalesce(s.failed, 0) AS sf, coalesce(s.skipped, 0) AS sk,
           coalesce(a.succeeded, 0) AS "as", coalesce(a.failed, 0) AS af, coalesce(a.skipped, 0) AS ak
      FROM summed s FULL JOIN (SELECT * FROM activity WHERE minute = '-infinity') a USING (kind))
SELECT to_char(minute AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI"Z"') || ' ' || kind,
       format('says %s succeeded, %s failed and %s skipped, but there are %s, %s and %s', ks, kf, kk, ds, df, dk)
  FROM minutes
 WHERE ks < ds OR kf < df OR kk < dk
    -- Outcomes that are missing may have been pruned, once that has begun.
    OR ((ks, kf, kk) <> (ds, df, dk) AND NOT EXISTS (SELECT 1 FROM operation WHERE pruned_at IS NOT NULL))
UNION ALL
SELECT kind, format('says %s succeeded, %s failed and %s skipped since the beginning, but the minutes add up to %s, %s and %s',
                    "as", af, ak, ss, sf, sk)
  FROM sums, bounds
 WHERE CASE WHEN whole THEN ("as", af, ak) <> (ss, sf, sk) ELSE "as" < ss OR af < sf OR ak < sk END
UNION ALL
SELECT kind, 'counts less than nothing in a minute' FROM every WHERE least(succeeded, failed, skipped) < 0
UNION ALL
SELECT 'file', 'counts files as failed or skipped' FROM every WHERE kind = 'file' AND (failed <> 0 OR skipped <> 0)
 ORDER BY 1, 2 LIMIT 100

-- name: cost_log
-- Where the log of costs is not a chain: each change begins with what the one before it ended with, the first one with nothing, and
-- a cost has a line. So a line that was lost or doubled shows (I3). Third
-- column: only a warning, for a cost that a person wrote by hand looks like a line that was lost.   $1 how many lines and runs to look at, the newest (null = all)
WITH runs AS (
    SELECT adw_id FROM (SELECT adw_id FROM cost_audit_log ORDER BY id DESC LIMIT $1::bigint) newest
    UNION
    SELECT adw_id FROM (SELECT adw_id FROM workflow_history WHERE actual_cost_total IS NOT NULL
                         ORDER BY created_at DESC, id DESC LIMIT $1::bigint) stored),
lines AS (
    SELECT l.*, lag(l.new_cost) OVER run AS before, lag(l.old_cost) OVER run AS old_before, row_number() OVER run AS n, lag(l.id) OVER run AS id_before
      FROM runs JOIN cost_audit_log l USING (adw_id) WINDOW run AS (PARTITION BY l.adw_id ORDER BY l.id))
SELECT 'line ' || id || ' of ' || adw_id,
       format('begins with the cost %s, but %s', coalesce(trim_scale(old_cost)::text, 'none'),
              CASE WHEN n = 1 THEN 'it is the first one of its run'
                   ELSE format('the line before it ended with %s', coalesce(trim_scale(before)::text, 'none')) END),
       (old_cost, new_cost) IS DISTINCT FROM (old_before, before)
  FROM lines WHERE old_cost IS DISTINCT FROM before
UNION ALL
SELECT 'line ' || id || ' of ' || adw_id, 'changes nothing: the cost stays ' || coalesce(trim_scale(new_cost)::text, 'none'), false
  FROM lines WHERE old_cost IS NOT DISTINCT FROM new_cost
UNION ALL
SELECT 'line ' || id || ' of ' || adw_id, 'is of no operation that there is, or of another time', false
  FROM lines l
 WHERE NOT EXISTS (SELECT 1 FROM operation o WHERE o.operation_id = l.operation_id AND l.at >= o.created_at - interval '1 minute'
                                              AND l.at <= coalesce(o.finished_at, now()) + interval '1 minute')
UNION ALL
SELECT 'line ' || id || ' of ' || adw_id, 'names a status that there is not', false FROM lines
 WHERE new_status NOT IN ('pending', 'running', 'completed', 'failed') OR old_status NOT IN ('pending', 'running', 'completed', 'failed')
UNION ALL
SELECT r.adw_id, 'has a cost, and no line in the log of costs', true
  FROM runs r JOIN workflow_history h USING (adw_id)
 WHERE h.actual_cost_total IS NOT NULL AND NOT EXISTS (SELECT 1 FROM cost_audit_log l WHERE l.adw_id = r.adw_id)
 ORDER BY 3, 1, 2 LIMIT 100

-- name: cost_told
-- Changes that the webhook is still to be told of, and that the log of costs does not know: both are written in one transaction, with
-- one time (I3).   $1 how many to look at (null = all)
SELECT 'change ' || w.id || ' of ' || w.adw_id, 'is to be told to the webhook, and does not stand in the log of costs'
  FROM (SELECT * FROM cost_webhook ORDER BY id DESC LIMIT $1::bigint) w
 WHERE NOT EXISTS (SELECT 1 FROM cost_audit_log l
                    WHERE l.adw_id = w.adw_id AND l.old_cost IS NOT DISTINCT FROM w.old_cost AND l.at = w.at
                      AND l.new_cost IS NOT DISTINCT FROM w.new_cost AND l.reason = w.reason)
 ORDER BY 1 LIMIT 100

-- name: costs
-- Costs that are not what the newest change of them in the log says.   $1 how many changes to look at (null = all)
SELECT l.adw_id, coalesce(trim_scale(l.new_cost)::text, 'none'), coalesce(trim_scale(h.actual_cost_total)::text, 'none')
  FROM (SELECT adw_id, max(id) AS id
          FROM (SELECT adw_id, id FROM cost_audit_log ORDER BY id DESC LIMIT $1::bigint) n GROUP BY adw_id) newest
  JOIN cost_audit_log l USING (id) JOIN workflow_history h ON h.adw_id = l.adw_id
 WHERE h.actual_cost_total IS DISTINCT FROM l.new_cost
 ORDER BY l.adw_id LIMIT 100

-- name: patterns
-- Patterns whose count is not that of their occurrences: both are written in one transaction (I2).   $1 how many (null = all)
SELECT 'pattern ' || p.signature, format('counts %s runs, but there are %s', p.occurrence_count, o.n)
  FROM (SELECT * FROM operation_patterns LIMIT $1::bigint) p
 CROSS JOIN LATERAL (SELECT count(*) AS n FROM pattern_occurrences o WHERE o.pattern_id = p.id) o
 WHERE o.n <> p.occurrence_count ORDER BY 1 LIMIT 100

-- name: recount_history
-- Counts the sums of the workflow history again and makes its order by cost again, from its rows. No row changes meanwhile; all may read.
DO $$ BEGIN
    LOCK TABLE workflow_history IN SHARE ROW EXCLUSIVE MODE;
    DELETE FROM history_sum;
    DELETE FROM history_hour;
    EXECUTE history_add('SELECT 1 AS sign, h.* FROM workflow_history h');
    DELETE FROM workflow_rank;
    DELETE FROM workflow_rank_fresh;
    INSERT INTO workflow_rank
    SELECT id, actual_cost_total, total_tokens, status, model_used, workflow_template, start_time, created_at, content_xid
      FROM workflow_history ORDER BY id;
END $$

-- name: sums_of_history
-- Days (with status, template and model) and hours of the workflow history whose rows are not what their sums say: which, what, kept, counted.
WITH kept AS (
    SELECT day, status, workflow_template, model_used, sum(runs) AS runs, sum(cost_runs) AS cost_runs, sum(cost) AS cost, sum(timed_runs) AS timed_runs,
           sum(seconds) AS seconds, sum(token_runs) AS token_runs, sum(tokens) AS tokens,
           sum(cached_runs) AS cached_runs, sum(efficiency) AS efficiency FROM history_sum GROUP BY 1, 2, 3, 4),
real AS (
    SELECT (coalesce(start_time, created_at) AT TIME ZONE 'UTC')::date AS day, status, coalesce(workflow_template, '') AS workflow_template,
           coalesce(model_used, '') AS model_used, count(*) AS runs,
           count(*) FILTER (WHERE actual_cost_total > 0) AS cost_runs,
           coalesce(sum(actual_cost_total) FILTER (WHERE actual_cost_total > 0), 0) AS cost,
           count(duration_seconds) FILTER (WHERE status = 'completed') AS timed_runs,
           coalesce(sum(history_micros(duration_seconds)) FILTER (WHERE status = 'completed'), 0) * 0.000001 AS seconds,
           count(total_tokens) AS token_runs, coalesce(sum(total_tokens), 0) AS tokens,
           count(cache_efficiency_percent) AS cached_runs,
           coalesce(sum(history_micros(cache_efficiency_percent)), 0) * 0.000001 AS efficiency
      FROM workflow_history GROUP BY 1, 2, 3, 4),
days AS (
    SELECT concat_ws(' ', day, status, nullif(workflow_template, ''), nullif(model_used, '')) AS at, n.what, n.kept, n.counted
      FROM kept FULL JOIN real USING (day, status, workflow_template, model_used)
     CROSS JOIN LATERAL (VALUES ('runs', kept.runs, real.runs), ('runs with a cost', kept.cost_runs, real.cost_runs),
                                ('dollars', kept.cost, real.cost), ('runs with a duration', kept.timed_runs, real.timed_runs),
                                ('seconds', kept.seconds, real.seconds), ('runs with tokens', kept.token_runs, real.token_runs),
                                ('tokens', kept.tokens, real.tokens), ('runs with a cache', kept.cached_runs, real.cached_runs),
                                ('percent of caches', kept.efficiency, real.efficiency)) n (what, kept, counted)),
hours AS (
    SELECT format('weekday %s, hour %s', day_of_week, hour_of_day) AS at, 'runs' AS what, kept.runs AS kept, real.runs AS counted
      FROM (SELECT day_of_week, hour_of_day, sum(runs) AS runs FROM history_hour GROUP BY 1, 2) kept
      FULL JOIN (SELECT day_of_week, hour_of_day, count(*) AS runs FROM workflow_history GROUP BY 1, 2) real
     USING (day_of_week, hour_of_day)),
-- The order of runs by cost, which is a copy: how many stand in it as they are.
ranked AS (
    SELECT 'the order by cost' AS at, 'runs' AS what,
           count(*) FILTER (WHERE (k.actual_cost_total, k.total_tokens, k.status, k.model_used, k.workflow_template, k.start_time,
                                   k.created_at, k.content_xid)
                                  IS NOT DISTINCT FROM (h.actual_cost_total, h.total_tokens, h.status, h.model_used, h.workflow_template,
                                                        h.start_time, h.created_at, h.content_xid)) AS kept, count(*) AS counted
      FROM workflow_ranked k FULL JOIN workflow_history h USING (id))
SELECT at, what, trim_scale(coalesce(kept, 0)), trim_scale(coalesce(counted, 0))
  FROM (SELECT * FROM days UNION ALL SELECT * FROM hours UNION ALL SELECT * FROM ranked) sums
 WHERE coalesce(kept, 0) <> coalesce(counted, 0)
 ORDER BY at, what LIMIT 100

-- name: versions
-- Versions of definitions whose text is not the one that their digest is of; what operations are pinned to, and is not there.
-- $1 how many operations to look at, the newest (null = all)
SELECT 'definition version ' || digest, 'has a text with another digest'
  FROM definition_versions WHERE digest <> encode(sha256(convert_to(body, 'UTF8')), 'hex')
UNION ALL
SELECT o.operation_id, format('is pinned to the version %s of %s, which is not there', o.digest, o.definition)
  FROM (SELECT * FROM operation ORDER BY created_at DESC, operation_id DESC LIMIT $1::bigint) o
 WHERE NOT EXISTS (SELECT 1 FROM definition_versions v WHERE v.digest = o.digest)
 ORDER BY 1, 2 LIMIT 100
