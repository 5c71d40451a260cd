-- Workflow history: what the runs of AI developer workflows did and cost. Domain rules of history. The files are the
-- authority: every row can be made again from them.

CREATE TABLE workflow_history (
    id                       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    adw_id                   text COLLATE "C" NOT NULL UNIQUE,  -- the name of the run's directory
    issue_number             bigint,
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
    similar_workflows        jsonb,                             -- [{"id": adw_id, "similarity_score"}, …], the best first
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
    source_signature         bytea,                             -- of what the last sync saw of the files from outside
    source_digest            bytea,                             -- of the files that the cost columns were read from
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
    PRIMARY KEY (operation_id, phase)
);
CREATE INDEX history_pass_of_kind ON history_pass (kind, through DESC);

-- ---- Errors: RP004  the row is not what the job read: it must read again --------------------------------------------

-- The changes that a kind of job has dealt with: those of the newest pass that is complete and without a failure; null =
-- none. In a database that was restored elsewhere transaction numbers begin anew: what lies ahead of them counts nothing.
CREATE FUNCTION history_seen(of_kind text) RETURNS xid8 LANGUAGE sql STABLE AS $$
    SELECT p.through
      FROM history_pass p JOIN tally t USING (operation_id)
     WHERE p.kind = of_kind AND (t.state = 'completed' OR t.phase > p.phase)
       AND p.through <= pg_snapshot_xmin(pg_current_snapshot())
       AND NOT EXISTS (SELECT 1 FROM job_outcome o
                        WHERE o.operation_id = p.operation_id AND o.phase = p.phase AND o.outcome = 'failed')
     ORDER BY p.through DESC LIMIT 1
$$;
