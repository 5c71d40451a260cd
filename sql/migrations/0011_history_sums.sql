-- Cheaper sums of the history (0007): they took a quarter of the database's time in a cost re-sync.

-- What is not added up yet lies in tables of their own. They are read as a whole, so they have no index; who reads history_sum
-- and history_hour reads them too.
DROP INDEX history_sum_fresh, history_hour_fresh;
CREATE TABLE history_sum_fresh (CHECK (fresh)) INHERITS (history_sum);
CREATE TABLE history_hour_fresh (CHECK (fresh)) INHERITS (history_hour);

-- Millionths, so that sums are exact whatever is added and taken away: as floats they would not be, and a conversion of each to
-- numeric costs as much as the rest. What is beyond thirty thousand years is not summed.
CREATE FUNCTION history_micros(x double precision) RETURNS bigint LANGUAGE sql IMMUTABLE AS
$$ SELECT CASE WHEN x BETWEEN -1e12 AND 1e12 THEN (x * 1000000)::bigint END $$;

-- What the rows of a statement add to the sums: `source` selects sign and row. (An interval as the zone: its name is looked up
-- for each row.)
CREATE OR REPLACE FUNCTION history_add(source text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT format($f$
    WITH changed AS MATERIALIZED (%s),
    hours AS (
        INSERT INTO history_hour_fresh SELECT day_of_week, hour_of_day, sum(sign), true FROM changed
         GROUP BY day_of_week, hour_of_day HAVING sum(sign) <> 0),
    sums AS (
        SELECT (coalesce(start_time, created_at) AT TIME ZONE interval '0')::date AS day, status,
               coalesce(workflow_template, '') AS workflow_template, coalesce(model_used, '') AS model_used, sum(sign) AS runs,
               coalesce(sum(sign) FILTER (WHERE actual_cost_total > 0), 0) AS cost_runs,
               coalesce(sum(sign * (actual_cost_total * 1000000000)::bigint) FILTER (WHERE actual_cost_total > 0), 0) AS nusd,
               coalesce(sum(sign) FILTER (WHERE status = 'completed' AND duration_seconds IS NOT NULL), 0) AS timed_runs,
               coalesce(sum(sign * history_micros(duration_seconds)) FILTER (WHERE status = 'completed'), 0) AS microseconds,
               coalesce(sum(sign) FILTER (WHERE total_tokens IS NOT NULL), 0) AS token_runs,
               coalesce(sum(sign * total_tokens), 0) AS tokens,
               coalesce(sum(sign) FILTER (WHERE cache_efficiency_percent IS NOT NULL), 0) AS cached_runs,
               coalesce(sum(sign * history_micros(cache_efficiency_percent)), 0) AS efficiency_micros
          FROM changed GROUP BY 1, 2, 3, 4)
    INSERT INTO history_sum_fresh
    SELECT day, status, workflow_template, model_used, runs, cost_runs, nusd * 0.000000001, timed_runs, microseconds * 0.000001,
           token_runs, tokens, cached_runs, efficiency_micros * 0.000001, true
      FROM sums
     WHERE (runs, cost_runs, nusd, timed_runs, microseconds, token_runs, tokens, cached_runs, efficiency_micros)
           <> (0, 0, 0, 0, 0, 0, 0, 0, 0) $f$, source) $$;

-- Adds up at most so many fresh rows of each table; returns how many there were. One at a time; who comes second leaves it.
CREATE OR REPLACE FUNCTION history_fold(most bigint) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE folded bigint; hours bigint;
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
    RETURN folded + hours;
END $$;

-- The sums that are there already, by the new measure.
DO $$ BEGIN
    TRUNCATE history_sum, history_hour;
    EXECUTE history_add('SELECT 1 AS sign, h.* FROM workflow_history h');
    PERFORM history_fold(9223372036854775807);
END $$;

-- The effect of a cost re-sync, as before (0003); amounts are compared as they were sent.
CREATE OR REPLACE FUNCTION history_recost(op text, why text, tell boolean,
        ids text[], old_digests text[], old_costs bigint[], old_statuses text[], new_digests text[],
        costs bigint[], per_step bigint[], per_token bigint[],
        inputs bigint[], outputs bigint[], writes bigint[], reads bigint[], totals bigint[], efficiencies text[],
        cost_parts text[], token_parts text[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE written bigint;
BEGIN
    UPDATE workflow_history h
       SET actual_cost_total = from_nusd(g.cost), actual_cost_per_step = from_nusd(g.step), cost_per_token = from_nusd(g.token),
           input_tokens = known_count(g.input), output_tokens = known_count(g.output), cached_tokens = known_count(g.write),
           cache_hit_tokens = known_count(g.read), cache_miss_tokens = known_count(g.input),
           total_tokens = known_count(g.total), cache_efficiency_percent = g.efficiency::float8,
           cost_breakdown = g.cost_part::jsonb, token_breakdown = g.token_part::jsonb,
           source_signature = CASE WHEN g.new_digest IS DISTINCT FROM g.old_digest THEN '' ELSE source_signature END,
           source_digest = g.new_digest, updated_at = now(),
           content_xid = CASE WHEN g.cost <> g.old_cost
                                OR (cached_tokens, cache_hit_tokens, cache_miss_tokens, total_tokens) IS DISTINCT FROM
                                   (known_count(g.write), known_count(g.read), known_count(g.input), known_count(g.total))
                              THEN pg_current_xact_id() ELSE content_xid END
      FROM unnest(ids, old_digests, old_costs, old_statuses, new_digests, costs, per_step, per_token,
                  inputs, outputs, writes, reads, totals, efficiencies, cost_parts, token_parts)
           AS g (id, old_digest, old_cost, old_status, new_digest, cost, step, token,
                 input, output, write, read, total, efficiency, cost_part, token_part)
     WHERE h.adw_id = g.id AND h.status = g.old_status
       AND h.source_digest IS NOT DISTINCT FROM g.old_digest
       AND h.actual_cost_total IS NOT DISTINCT FROM from_nusd(g.old_cost);
    GET DIAGNOSTICS written = ROW_COUNT;
    IF written <> cardinality(ids) THEN
        RAISE EXCEPTION '% of % workflows are not what was read', cardinality(ids) - written, cardinality(ids)
            USING ERRCODE = 'RP004';
    END IF;
    INSERT INTO cost_audit_log (adw_id, old_cost, new_cost, old_status, new_status, reason, operation_id)
    SELECT g.id, from_nusd(g.old_cost), from_nusd(g.cost), g.status, g.status, why, op
      FROM unnest(ids, old_costs, costs, old_statuses) AS g (id, old_cost, cost, status)
     WHERE g.old_cost <> g.cost;
    IF tell THEN
        INSERT INTO cost_webhook (adw_id, old_cost, new_cost, reason)
        SELECT g.id, from_nusd(g.old_cost), from_nusd(g.cost), why
          FROM unnest(ids, old_costs, costs) AS g (id, old_cost, cost)
         WHERE g.old_cost <> g.cost;
    END IF;
END $$;
