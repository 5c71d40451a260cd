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
