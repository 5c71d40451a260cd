-- Workflow history: what the runs of AI developer workflows did and cost. Domain rules of history. The files are the
-- authority: every row can be made again from them.

CREATE TABLE workflow_history (
    id                       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    adw_id                   text COLLATE "C" NOT NULL UNIQUE,  -- the name of the run's directory
    issue_number             text,                              -- a number, as a rule; as it was written
    nl_input                 text,
    github_url               text,
    gh_issue_state           text,
    workflow_template        text,
    model_used               text,
    status                   text NOT NULL CHECK (status IN ('pending', 'running', 'completed', 'failed')),
    start_time               timestamptz,
    end_time                 timestamptz,
    duration_seconds         double precision,                  -- end - start, never now - start
    error_message            text,
    phase_count              integer,
    current_phase            text,
    retry_count              integer,
    error_count              integer,
    worktree_path            text,
    backend_port             integer,
    frontend_port            integer,
    branch_name              text,
    plan_file                text,
    issue_class              text,
    input_tokens             bigint,
    output_tokens            bigint,
    cached_tokens            bigint,                            -- cache writes
    cache_hit_tokens         bigint,                            -- cache reads
    cache_miss_tokens        bigint,                            -- input
    total_tokens             bigint,
    cache_efficiency_percent double precision,
    estimated_cost_total     numeric(18, 9),
    actual_cost_total        numeric(18, 9),                    -- null = no cost data was ever found
    estimated_cost_per_step  numeric(18, 9),
    actual_cost_per_step     numeric(18, 9),
    cost_per_token           numeric(18, 9),
    cost_breakdown           jsonb,
    token_breakdown          jsonb,
    phase_durations          jsonb,
    similar_workflows        jsonb,                             -- [{"id": of its row, "similarity_score"}, …], the best first
    anomaly_flags            jsonb,
    optimization_recommendations jsonb,
    hour_of_day              smallint NOT NULL DEFAULT -1,
    day_of_week              smallint NOT NULL DEFAULT -1,      -- Monday 0
    nl_input_word_count      integer,
    nl_input_clarity_score   double precision,                  -- a score is null where what it needs is not known
    cost_efficiency_score    double precision,
    performance_score        double precision,
    quality_score            double precision,
    scoring_version          text,
    bottleneck_phase         text,
    error_category           text,
    complexity_actual        text,
    pattern_signature        text COLLATE "C",                  -- null = no pattern is recognised
    source_signature         text COLLATE "C",                  -- of the files as the last sync saw them from outside; null = they
                                                                -- were too young to tell; '' = a re-sync has read newer ones
    source_digest            text COLLATE "C",                  -- of the files that the cost columns were read from
    content_xid              xid8 NOT NULL DEFAULT pg_current_xact_id(), -- who last changed what others are compared with
    created_at               timestamptz NOT NULL DEFAULT now(),
    updated_at               timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_cost_delay = 0);
-- The sort keys that are indexed. What else is written often must stay out of indexes.
CREATE INDEX workflow_history_created ON workflow_history (created_at, id);
CREATE INDEX workflow_history_started ON workflow_history (start_time, id);
CREATE INDEX workflow_history_cost ON workflow_history (actual_cost_total, id);
CREATE INDEX workflow_history_duration ON workflow_history (duration_seconds, id);
CREATE INDEX workflow_history_content ON workflow_history (content_xid);
CREATE INDEX workflow_history_pattern ON workflow_history (pattern_signature) WHERE pattern_signature IS NOT NULL;

-- The text that is searched, beside the row: a new cost must not write the trigrams of its text anew.
CREATE TABLE workflow_search (
    id       bigint PRIMARY KEY REFERENCES workflow_history ON DELETE CASCADE,
    nl_input text NOT NULL
);
-- pg_trgm is a trusted extension: whoever may create our schema may create it. Where somebody did so before us it may
-- stand in another schema.
DO $$
DECLARE trigrams text;
BEGIN
    CREATE EXTENSION IF NOT EXISTS pg_trgm;
    SELECT n.nspname INTO trigrams FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
     WHERE e.extname = 'pg_trgm';
    EXECUTE format('CREATE INDEX workflow_search_trigrams ON workflow_search USING gin (nl_input %I.gin_trgm_ops)', trigrams);
END $$;

CREATE FUNCTION workflow_search_keep() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.nl_input IS NULL THEN
        DELETE FROM workflow_search WHERE id = NEW.id;
    ELSE
        INSERT INTO workflow_search (id, nl_input) VALUES (NEW.id, NEW.nl_input)
            ON CONFLICT (id) DO UPDATE SET nl_input = excluded.nl_input;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER workflow_search_new AFTER INSERT ON workflow_history FOR EACH ROW
    WHEN (NEW.nl_input IS NOT NULL) EXECUTE FUNCTION workflow_search_keep();
CREATE TRIGGER workflow_search_changed AFTER UPDATE OF nl_input ON workflow_history FOR EACH ROW
    WHEN (NEW.nl_input IS DISTINCT FROM OLD.nl_input) EXECUTE FUNCTION workflow_search_keep();

-- One row for each change of a cost, in the transaction that makes it. Null = there was none.
CREATE TABLE cost_audit_log (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    adw_id       text COLLATE "C" NOT NULL,
    old_cost     numeric(18, 9),
    new_cost     numeric(18, 9),
    old_status   text,
    new_status   text NOT NULL,
    reason       text NOT NULL CHECK (reason IN ('sync_final', 'sync_progressive', 'resync', 'resync_force')),
    operation_id text COLLATE "C" NOT NULL,
    at           timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX cost_audit_log_of_run ON cost_audit_log (adw_id, id);

-- Changes that the webhook is still to be told of.
CREATE TABLE cost_webhook (
    id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    adw_id   text COLLATE "C" NOT NULL,
    old_cost numeric(18, 9),
    new_cost numeric(18, 9),
    reason   text NOT NULL,
    at       timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE operation_patterns (
    id               bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    signature        text COLLATE "C" NOT NULL UNIQUE,
    first_detected   timestamptz NOT NULL,
    last_seen        timestamptz NOT NULL,
    occurrence_count bigint NOT NULL,
    mean_tokens      double precision,
    mean_cost        numeric(18, 9),
    confidence       double precision NOT NULL,
    status           text NOT NULL DEFAULT 'detected'
                     CHECK (status IN ('detected', 'candidate', 'approved', 'implemented', 'active', 'deprecated')),
    updated_at       timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE pattern_occurrences (
    pattern_id  bigint NOT NULL REFERENCES operation_patterns ON DELETE CASCADE,
    workflow_id bigint NOT NULL REFERENCES workflow_history ON DELETE CASCADE,
    PRIMARY KEY (pattern_id, workflow_id)
);
CREATE INDEX pattern_occurrences_of_run ON pattern_occurrences (workflow_id);

-- What a scan has found; emptied when the operation has ended.
CREATE TABLE scanned_run (
    operation_id text COLLATE "C" NOT NULL,
    adw_id       text COLLATE "C" NOT NULL,
    PRIMARY KEY (operation_id, adw_id)
);

-- A phase that compares runs with one another has seen every change of transactions before `through`.
CREATE TABLE history_pass (
    operation_id text COLLATE "C" NOT NULL,
    phase        integer NOT NULL,
    kind         text COLLATE "C" NOT NULL,
    through      xid8 NOT NULL,
    planned_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (operation_id, phase)
);
CREATE INDEX history_pass_of_kind ON history_pass (kind, through DESC);

-- ---- Errors: RP004  the row is not what the job read: it must read again --------------------------------------------

-- The changes that a kind of job has dealt with: those of the newest pass that is complete, without a failure, and was alone:
-- beside another one, that one may have written last what it had found out before; null = none. In a database that was
-- restored elsewhere transaction numbers begin anew: what lies ahead of them counts nothing.
CREATE FUNCTION history_seen(of_kind text) RETURNS xid8 LANGUAGE sql STABLE AS $$
    SELECT p.through
      FROM history_pass p JOIN tally t USING (operation_id) JOIN operation own USING (operation_id)
     WHERE p.kind = of_kind AND (t.state = 'completed' OR t.phase > p.phase)
       AND p.through <= pg_snapshot_xmin(pg_current_snapshot())
       AND NOT EXISTS (SELECT 1 FROM job_outcome o
                        WHERE o.operation_id = p.operation_id AND o.phase = p.phase AND o.outcome = 'failed')
       AND NOT EXISTS (SELECT 1 FROM history_pass q JOIN operation other USING (operation_id)
                        WHERE q.kind = p.kind AND q.operation_id <> p.operation_id
                          AND q.planned_at <= coalesce(own.finished_at, now())
                          AND p.planned_at <= coalesce(other.finished_at, now()))
     ORDER BY p.through DESC LIMIT 1
$$;

-- An ISO date, with or without time and zone (none = UTC); as an end, a date alone means its last moment. Null where there
-- is no such moment.
CREATE FUNCTION history_instant(written text, at_end boolean) RETURNS timestamptz LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE part text[];
BEGIN
    part := regexp_match(written, '^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?))?(Z|[+-]\d\d(?::?\d\d)?)?$');
    IF part IS NULL THEN
        RETURN NULL;
    END IF;
    RETURN (part[1] || ' ' || coalesce(part[2], '00:00') || coalesce(nullif(part[3], 'Z'), '+00'))::timestamptz
           + CASE WHEN at_end AND part[2] IS NULL THEN interval '1 day' - interval '1 microsecond' ELSE interval '0' END;
EXCEPTION WHEN datetime_field_overflow OR invalid_datetime_format OR invalid_time_zone_displacement_value
            OR invalid_parameter_value THEN
    RETURN NULL;
END $$;

-- Nano-dollars as the programs count them; their "unknown" is the lowest number there is.
CREATE FUNCTION from_nusd(n bigint) RETURNS numeric LANGUAGE sql IMMUTABLE AS
$$ SELECT nullif(n, -9223372036854775808) * 0.000000001 $$;

-- The same of a count.
CREATE FUNCTION known_count(n bigint) RETURNS bigint LANGUAGE sql IMMUTABLE AS
$$ SELECT nullif(n, -9223372036854775808) $$;

-- The effect of a cost re-sync: all cost and token columns together, for rows that are still what the job read (RP004);
-- each change of a cost is logged, and the webhook is told of it where there is one. Row by row: [i] of each array.
CREATE FUNCTION history_recost(op text, why text, tell boolean,
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
           content_xid = CASE WHEN from_nusd(g.cost) IS DISTINCT FROM from_nusd(g.old_cost)
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
     WHERE from_nusd(g.old_cost) IS DISTINCT FROM from_nusd(g.cost);
    IF tell THEN
        INSERT INTO cost_webhook (adw_id, old_cost, new_cost, reason)
        SELECT g.id, from_nusd(g.old_cost), from_nusd(g.cost), why
          FROM unnest(ids, old_costs, costs) AS g (id, old_cost, cost)
         WHERE from_nusd(g.old_cost) IS DISTINCT FROM from_nusd(g.cost);
    END IF;
END $$;

-- The effect of a sync. Rows as JSON arrays of objects with this table's columns: new ones, and others beside what the job
-- read of each ([i] of `read_…`; `keeps` 1: its cost columns stay). Each change of a cost is logged.
CREATE FUNCTION history_store(op text, tell boolean, inserts json, insert_count bigint, updates json,
        read_digests text[], read_costs bigint[], read_statuses text[], keeps integer[],
        changed_ids text[], old_costs bigint[], new_costs bigint[], old_statuses text[], new_statuses text[], reasons text[])
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    inserted bigint;
    updated bigint;
    missing bigint;
BEGIN
    INSERT INTO workflow_history (adw_id, issue_number, nl_input, github_url, gh_issue_state, workflow_template, model_used,
           status, start_time, end_time, duration_seconds, error_message, phase_count, current_phase, retry_count, error_count,
           worktree_path, backend_port, frontend_port, branch_name, plan_file, issue_class, input_tokens, output_tokens,
           cached_tokens, cache_hit_tokens, cache_miss_tokens, total_tokens, cache_efficiency_percent, estimated_cost_total,
           actual_cost_total, estimated_cost_per_step, actual_cost_per_step, cost_per_token, cost_breakdown, token_breakdown,
           phase_durations, hour_of_day, day_of_week, nl_input_word_count, nl_input_clarity_score, cost_efficiency_score,
           performance_score, quality_score, scoring_version, bottleneck_phase, error_category, complexity_actual,
           pattern_signature, source_signature, source_digest)
    SELECT r.adw_id, r.issue_number, r.nl_input, r.github_url, r.gh_issue_state, r.workflow_template, r.model_used,
           r.status, r.start_time, r.end_time, r.duration_seconds, r.error_message, r.phase_count, r.current_phase,
           r.retry_count, r.error_count, r.worktree_path, r.backend_port, r.frontend_port, r.branch_name, r.plan_file,
           r.issue_class, r.input_tokens, r.output_tokens, r.cached_tokens, r.cache_hit_tokens, r.cache_miss_tokens,
           r.total_tokens, r.cache_efficiency_percent, r.estimated_cost_total, r.actual_cost_total,
           r.estimated_cost_per_step, r.actual_cost_per_step, r.cost_per_token, r.cost_breakdown, r.token_breakdown,
           r.phase_durations, coalesce(r.hour_of_day, -1), coalesce(r.day_of_week, -1), r.nl_input_word_count,
           r.nl_input_clarity_score, r.cost_efficiency_score, r.performance_score, r.quality_score, r.scoring_version,
           r.bottleneck_phase, r.error_category, r.complexity_actual, r.pattern_signature, r.source_signature,
           r.source_digest
      FROM json_populate_recordset(NULL::workflow_history, inserts) AS r
        ON CONFLICT (adw_id) DO NOTHING;
    GET DIAGNOSTICS inserted = ROW_COUNT;

    UPDATE workflow_history h
       SET issue_number = r.issue_number, nl_input = r.nl_input, github_url = r.github_url, gh_issue_state = r.gh_issue_state,
           workflow_template = r.workflow_template, model_used = r.model_used, status = r.status,
           start_time = r.start_time, end_time = r.end_time, duration_seconds = r.duration_seconds,
           error_message = r.error_message, phase_count = r.phase_count, current_phase = r.current_phase,
           retry_count = r.retry_count, error_count = r.error_count, worktree_path = r.worktree_path,
           backend_port = r.backend_port, frontend_port = r.frontend_port, branch_name = r.branch_name,
           plan_file = r.plan_file, issue_class = r.issue_class,
           input_tokens = CASE WHEN c.keep THEN h.input_tokens ELSE r.input_tokens END,
           output_tokens = CASE WHEN c.keep THEN h.output_tokens ELSE r.output_tokens END,
           cached_tokens = CASE WHEN c.keep THEN h.cached_tokens ELSE r.cached_tokens END,
           cache_hit_tokens = CASE WHEN c.keep THEN h.cache_hit_tokens ELSE r.cache_hit_tokens END,
           cache_miss_tokens = CASE WHEN c.keep THEN h.cache_miss_tokens ELSE r.cache_miss_tokens END,
           total_tokens = CASE WHEN c.keep THEN h.total_tokens ELSE r.total_tokens END,
           cache_efficiency_percent = CASE WHEN c.keep THEN h.cache_efficiency_percent ELSE r.cache_efficiency_percent END,
           actual_cost_total = CASE WHEN c.keep THEN h.actual_cost_total ELSE r.actual_cost_total END,
           actual_cost_per_step = CASE WHEN c.keep THEN h.actual_cost_per_step ELSE r.actual_cost_per_step END,
           cost_per_token = CASE WHEN c.keep THEN h.cost_per_token ELSE r.cost_per_token END,
           cost_breakdown = CASE WHEN c.keep THEN h.cost_breakdown ELSE r.cost_breakdown END,
           token_breakdown = CASE WHEN c.keep THEN h.token_breakdown ELSE r.token_breakdown END,
           estimated_cost_total = r.estimated_cost_total, estimated_cost_per_step = r.estimated_cost_per_step,
           phase_durations = r.phase_durations, hour_of_day = coalesce(r.hour_of_day, -1),
           day_of_week = coalesce(r.day_of_week, -1), nl_input_word_count = r.nl_input_word_count,
           nl_input_clarity_score = r.nl_input_clarity_score, cost_efficiency_score = r.cost_efficiency_score,
           performance_score = r.performance_score, quality_score = r.quality_score, scoring_version = r.scoring_version,
           bottleneck_phase = r.bottleneck_phase, error_category = r.error_category,
           complexity_actual = r.complexity_actual, pattern_signature = r.pattern_signature,
           source_signature = r.source_signature, source_digest = r.source_digest,
           content_xid = pg_current_xact_id(), updated_at = now()
      FROM json_populate_recordset(NULL::workflow_history, updates) WITH ORDINALITY AS r,
           LATERAL (SELECT keeps[r.ordinality] = 1 AS keep, read_digests[r.ordinality] AS digest,
                           from_nusd(read_costs[r.ordinality]) AS cost, read_statuses[r.ordinality] AS status OFFSET 0) AS c
     WHERE h.adw_id = r.adw_id AND h.status = c.status AND h.source_digest IS NOT DISTINCT FROM c.digest
       AND h.actual_cost_total IS NOT DISTINCT FROM c.cost;
    GET DIAGNOSTICS updated = ROW_COUNT;
    missing := insert_count + cardinality(keeps) - inserted - updated;
    IF missing > 0 THEN
        RAISE EXCEPTION '% workflows are not what was read', missing USING ERRCODE = 'RP004';
    END IF;
    INSERT INTO cost_audit_log (adw_id, old_cost, new_cost, old_status, new_status, reason, operation_id)
    SELECT g.id, from_nusd(g.old_cost), from_nusd(g.new_cost), g.old_status, g.new_status, g.reason, op
      FROM unnest(changed_ids, old_costs, new_costs, old_statuses, new_statuses, reasons)
           AS g (id, old_cost, new_cost, old_status, new_status, reason);
    IF tell THEN
        INSERT INTO cost_webhook (adw_id, old_cost, new_cost, reason)
        SELECT g.id, from_nusd(g.old_cost), from_nusd(g.new_cost), g.reason
          FROM unnest(changed_ids, old_costs, new_costs, reasons) AS g (id, old_cost, new_cost, reason);
    END IF;
END $$;
