-- A cost re-sync updates runs in place. It wrote 5 KB of log for each: the index on the cost, with all that filters look at, and the
-- one on content_xid made every update a copy of the row with ten entries in indexes. Both leave the table: a copy of what they hold
-- stands beside it, which is brought up to date in steps.
--
-- Workers of the version before go on meanwhile. Their lists by cost and their plans of passes read all runs, which takes seconds
-- on a million; nothing else changes for them.

-- ---- The order of runs by cost, and which have changed -----------------------------------------------------------------------

-- (The reference keeps writers from workflow_history until this has committed: none is missed.)
CREATE TABLE workflow_rank (
    id                bigint PRIMARY KEY REFERENCES workflow_history ON DELETE CASCADE,
    actual_cost_total numeric(18, 9),
    total_tokens      bigint,
    status            text NOT NULL,
    model_used        text,
    workflow_template text,
    start_time        timestamptz,
    created_at        timestamptz NOT NULL,
    content_xid       xid8 NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_cost_delay = 0);
-- Runs that have changed since: each statement that changes some adds their ids (history_count), history_fold takes them away.
CREATE TABLE workflow_rank_fresh (id bigint NOT NULL);

INSERT INTO workflow_rank
SELECT id, actual_cost_total, total_tokens, status, model_used, workflow_template, start_time, created_at, content_xid
  FROM workflow_history ORDER BY id;
CREATE INDEX workflow_rank_cost ON workflow_rank (actual_cost_total, id)
    INCLUDE (status, model_used, workflow_template, start_time, created_at, total_tokens);
CREATE INDEX workflow_rank_content ON workflow_rank (content_xid);
DROP INDEX workflow_history_cost, workflow_history_content;

-- Exact at every instant: runs that have changed since are taken from their own rows.
CREATE VIEW workflow_ranked AS
SELECT k.id, k.actual_cost_total, k.total_tokens, k.status, k.model_used, k.workflow_template, k.start_time, k.created_at, k.content_xid
  FROM workflow_rank k WHERE NOT (k.id IN (SELECT f.id FROM workflow_rank_fresh f))
UNION ALL
SELECT h.id, h.actual_cost_total, h.total_tokens, h.status, h.model_used, h.workflow_template, h.start_time, h.created_at, h.content_xid
  FROM workflow_history h WHERE h.id IN (SELECT f.id FROM workflow_rank_fresh f);

-- Half of each page is left free for the rows that are written there from now on: a re-sync of every run writes all rows of a page in
-- one transaction. A table that is full fills such pages with its first re-sync.
ALTER TABLE workflow_history SET (fillfactor = 50);

-- ---- Sums (0007, 0011), and beside them the ids of runs that have changed -------------------------------------------------------

CREATE OR REPLACE FUNCTION history_count() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    columns text := 'start_time, created_at, status, workflow_template, model_used, actual_cost_total, duration_seconds, '
                 || 'total_tokens, cache_efficiency_percent, day_of_week, hour_of_day';
    added text := format('SELECT 1 AS sign, %s FROM new_rows', columns);
    removed text := format('SELECT -1 AS sign, %s FROM old_rows', columns);
BEGIN
    EXECUTE history_add(CASE TG_OP WHEN 'INSERT' THEN added WHEN 'DELETE' THEN removed ELSE added || ' UNION ALL ' || removed END);
    IF TG_OP = 'INSERT' THEN
        INSERT INTO workflow_rank_fresh SELECT id FROM new_rows;
    ELSIF TG_OP = 'UPDATE' THEN
        INSERT INTO workflow_rank_fresh
        SELECT id FROM (SELECT true AS is_new, id, actual_cost_total, total_tokens, status, model_used, workflow_template, start_time,
                               created_at, content_xid FROM new_rows
                        UNION ALL
                        SELECT false, id, actual_cost_total, total_tokens, status, model_used, workflow_template, start_time,
                               created_at, content_xid FROM old_rows) both_times
         GROUP BY id, actual_cost_total, total_tokens, status, model_used, workflow_template, start_time, created_at, content_xid
        HAVING count(*) = 1 AND bool_and(is_new);
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION history_count_none() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    TRUNCATE history_sum, history_hour, workflow_rank_fresh;
    RETURN NULL;
END $$;

-- Adds up at most so many fresh rows of each table, and brings three times as many runs up to date in the order by cost (there is one
-- for each run that changed, not for each statement); returns how many there were. One at a time; a second one leaves it.
CREATE OR REPLACE FUNCTION history_fold(most bigint) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE folded bigint; hours bigint; ranked bigint;
BEGIN
    IF NOT pg_try_advisory_xact_lock(hashtext('reprise history_fold')) THEN
        RETURN 0;
    END IF;
    WITH taken AS (
        DELETE FROM history_sum_fresh WHERE ctid = ANY (ARRAY(SELECT ctid FROM history_sum_fresh LIMIT most)) RETURNING *),
    added AS (
        INSERT INTO history_sum AS s
        SELECT day, status, workflow_template, model_used, sum(runs), sum(cost_runs), sum(cost), sum(timed_runs), sum(seconds),
               sum(token_runs), sum(tokens), sum(cached_runs), sum(efficiency), false
          FROM taken GROUP BY day, status, workflow_template, model_used
            ON CONFLICT (day, status, workflow_template, model_used) WHERE NOT fresh DO UPDATE
           SET runs = s.runs + excluded.runs, cost_runs = s.cost_runs + excluded.cost_runs, cost = s.cost + excluded.cost,
               timed_runs = s.timed_runs + excluded.timed_runs, seconds = s.seconds + excluded.seconds,
               token_runs = s.token_runs + excluded.token_runs, tokens = s.tokens + excluded.tokens,
               cached_runs = s.cached_runs + excluded.cached_runs, efficiency = s.efficiency + excluded.efficiency)
    SELECT count(*) INTO folded FROM taken;
    WITH taken AS (
        DELETE FROM history_hour_fresh WHERE ctid = ANY (ARRAY(SELECT ctid FROM history_hour_fresh LIMIT most)) RETURNING *),
    added AS (
        INSERT INTO history_hour AS s SELECT day_of_week, hour_of_day, sum(runs), false FROM taken GROUP BY day_of_week, hour_of_day
            ON CONFLICT (day_of_week, hour_of_day) WHERE NOT fresh DO UPDATE SET runs = s.runs + excluded.runs)
    SELECT count(*) INTO hours FROM taken;
    WITH taken AS (
        DELETE FROM workflow_rank_fresh
         WHERE ctid = ANY (ARRAY(SELECT ctid FROM workflow_rank_fresh LIMIT least(most, 1000000000) * 3)) RETURNING id),
    added AS (
        INSERT INTO workflow_rank AS k
        SELECT id, actual_cost_total, total_tokens, status, model_used, workflow_template, start_time, created_at, content_xid
          FROM workflow_history WHERE id IN (SELECT id FROM taken) ORDER BY id
            ON CONFLICT (id) DO UPDATE
           SET actual_cost_total = excluded.actual_cost_total, total_tokens = excluded.total_tokens, status = excluded.status,
               model_used = excluded.model_used, workflow_template = excluded.workflow_template, start_time = excluded.start_time,
               created_at = excluded.created_at, content_xid = excluded.content_xid
         WHERE (k.actual_cost_total, k.total_tokens, k.status, k.model_used, k.workflow_template, k.start_time, k.created_at,
                k.content_xid)
               IS DISTINCT FROM (excluded.actual_cost_total, excluded.total_tokens, excluded.status, excluded.model_used,
                                 excluded.workflow_template, excluded.start_time, excluded.created_at, excluded.content_xid))
    SELECT count(*) INTO ranked FROM taken;
    RETURN folded + hours + ranked;
END $$;

-- Each function brings its search path along (0018).
ALTER FUNCTION history_count SET search_path = reprise, public, pg_temp;
ALTER FUNCTION history_count_none SET search_path = reprise, public, pg_temp;
ALTER FUNCTION history_fold SET search_path = reprise, public, pg_temp;
