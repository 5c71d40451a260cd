-- What lists of the workflow history need beside the sort keys.

-- One index serves the filters on all three words, alone or together: queries spell out the four statuses where any will
-- do. Its entries are few and long, so that an update costs little.
CREATE INDEX workflow_history_words ON workflow_history (status, workflow_template, model_used);

-- A list goes along its sort key until the page is full. Where the filter and the key hang together (the dear model, by
-- cost, the cheap ones first) that may be far: so each index holds all that filters look at, and a list reads rows of the
-- table for its page alone.
DROP INDEX workflow_history_created, workflow_history_started, workflow_history_cost, workflow_history_duration;
CREATE INDEX workflow_history_created ON workflow_history (created_at, id)
    INCLUDE (status, model_used, workflow_template, start_time);
CREATE INDEX workflow_history_started ON workflow_history (start_time, id)
    INCLUDE (status, model_used, workflow_template, created_at);
CREATE INDEX workflow_history_cost ON workflow_history (actual_cost_total, id)
    INCLUDE (status, model_used, workflow_template, start_time, created_at, total_tokens);
CREATE INDEX workflow_history_duration ON workflow_history (duration_seconds, id)
    INCLUDE (status, model_used, workflow_template, start_time, created_at);

-- ---- Sums of the history -----------------------------------------------------------------------------------------------
-- What analytics and trends tell of a million runs in milliseconds: runs, costs, times and tokens by day and the three
-- words; and runs by hour and day of the week. The statement that changes a run adds rows that say by how much the sums
-- change, in its transaction, so that they are exact at every instant and nobody waits for a hot row; history_fold adds such
-- fresh rows up. '' = the run has no such word. Days are UTC; a run's day is that of its start, else of its row.

CREATE TABLE history_sum (
    day               date NOT NULL,
    status            text COLLATE "C" NOT NULL,
    workflow_template text COLLATE "C" NOT NULL,
    model_used        text COLLATE "C" NOT NULL,
    runs              bigint NOT NULL,
    cost_runs         bigint NOT NULL,   -- with a cost above 0
    cost              numeric NOT NULL,
    timed_runs        bigint NOT NULL,   -- completed, with a duration
    seconds           numeric NOT NULL,
    token_runs        bigint NOT NULL,
    tokens            numeric NOT NULL,
    cached_runs       bigint NOT NULL,   -- with a cache efficiency
    efficiency        numeric NOT NULL,
    fresh             boolean NOT NULL
);
CREATE UNIQUE INDEX history_sum_folded ON history_sum (day, status, workflow_template, model_used) WHERE NOT fresh;
CREATE INDEX history_sum_fresh ON history_sum (day) WHERE fresh;

CREATE TABLE history_hour (
    day_of_week smallint NOT NULL,
    hour_of_day smallint NOT NULL,
    runs        bigint NOT NULL,
    fresh       boolean NOT NULL
);
CREATE UNIQUE INDEX history_hour_folded ON history_hour (day_of_week, hour_of_day) WHERE NOT fresh;
CREATE INDEX history_hour_fresh ON history_hour (day_of_week) WHERE fresh;

-- What the rows of a statement add to the sums: `source` selects sign and row.
CREATE FUNCTION history_add(source text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT format($f$
    WITH changed AS MATERIALIZED (%s),
    hours AS (
        INSERT INTO history_hour SELECT day_of_week, hour_of_day, sum(sign), true FROM changed
         GROUP BY day_of_week, hour_of_day HAVING sum(sign) <> 0)
    INSERT INTO history_sum
    SELECT (coalesce(start_time, created_at) AT TIME ZONE 'UTC')::date AS day, status, coalesce(workflow_template, ''),
           coalesce(model_used, ''), sum(sign), coalesce(sum(sign) FILTER (WHERE actual_cost_total > 0), 0),
           coalesce(sum(sign * actual_cost_total) FILTER (WHERE actual_cost_total > 0), 0),
           coalesce(sum(sign) FILTER (WHERE status = 'completed' AND duration_seconds IS NOT NULL), 0),
           coalesce(sum(sign * duration_seconds::numeric) FILTER (WHERE status = 'completed'), 0),
           coalesce(sum(sign) FILTER (WHERE total_tokens IS NOT NULL), 0), coalesce(sum(sign * total_tokens), 0),
           coalesce(sum(sign) FILTER (WHERE cache_efficiency_percent IS NOT NULL), 0),
           coalesce(sum(sign * cache_efficiency_percent::numeric), 0), true
      FROM changed GROUP BY 1, 2, 3, 4
    HAVING sum(sign) <> 0 OR coalesce(sum(sign * actual_cost_total), 0) <> 0 OR coalesce(sum(sign * total_tokens), 0) <> 0
        OR coalesce(sum(sign * duration_seconds::numeric), 0) <> 0 OR coalesce(sum(sign * cache_efficiency_percent::numeric), 0) <> 0
        OR coalesce(sum(sign) FILTER (WHERE actual_cost_total > 0), 0) <> 0
        OR coalesce(sum(sign) FILTER (WHERE total_tokens IS NOT NULL), 0) <> 0
        OR coalesce(sum(sign) FILTER (WHERE duration_seconds IS NOT NULL), 0) <> 0
        OR coalesce(sum(sign) FILTER (WHERE cache_efficiency_percent IS NOT NULL), 0) <> 0 $f$, source) $$;

CREATE FUNCTION history_count() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    columns text := 'start_time, created_at, status, workflow_template, model_used, actual_cost_total, duration_seconds, '
                 || 'total_tokens, cache_efficiency_percent, day_of_week, hour_of_day';
    added text := format('SELECT 1 AS sign, %s FROM new_rows', columns);
    removed text := format('SELECT -1 AS sign, %s FROM old_rows', columns);
BEGIN
    EXECUTE history_add(CASE TG_OP WHEN 'INSERT' THEN added WHEN 'DELETE' THEN removed ELSE added || ' UNION ALL ' || removed END);
    RETURN NULL;
END $$;
CREATE TRIGGER history_counts_new AFTER INSERT ON workflow_history REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION history_count();
CREATE TRIGGER history_counts_changed AFTER UPDATE ON workflow_history REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION history_count();
CREATE TRIGGER history_counts_gone AFTER DELETE ON workflow_history REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION history_count();

CREATE FUNCTION history_count_none() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    TRUNCATE history_sum, history_hour;
    RETURN NULL;
END $$;
CREATE TRIGGER history_counts_none AFTER TRUNCATE ON workflow_history FOR EACH STATEMENT EXECUTE FUNCTION history_count_none();

-- Adds up at most so many fresh rows of each table; returns how many there were. One at a time; who comes second leaves it.
CREATE FUNCTION history_fold(most bigint) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE folded bigint; hours bigint;
BEGIN
    IF NOT pg_try_advisory_xact_lock(hashtext('reprise history_fold')) THEN
        RETURN 0;
    END IF;
    WITH taken AS (
        DELETE FROM history_sum WHERE ctid = ANY (ARRAY(SELECT ctid FROM history_sum WHERE fresh LIMIT most)) RETURNING *),
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
        DELETE FROM history_hour WHERE ctid = ANY (ARRAY(SELECT ctid FROM history_hour WHERE fresh LIMIT most)) RETURNING *),
    added AS (
        INSERT INTO history_hour AS s SELECT day_of_week, hour_of_day, sum(runs), false FROM taken GROUP BY day_of_week, hour_of_day
            ON CONFLICT (day_of_week, hour_of_day) WHERE NOT fresh DO UPDATE SET runs = s.runs + excluded.runs)
    SELECT count(*) INTO hours FROM taken;
    RETURN folded + hours;
END $$;

-- A history that is there already.
DO $$ BEGIN
    EXECUTE history_add('SELECT 1 AS sign, h.* FROM workflow_history h');
    PERFORM history_fold(9223372036854775807);
END $$;
