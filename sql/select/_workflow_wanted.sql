-- Of the run `h`: it is what the list of runs shows with the same filter. The texts are searched once for all.
       status = ANY (wanted.statuses)
       AND (wanted.first IS NULL OR coalesce(start_time, created_at) >= wanted.first)
       AND (wanted.last IS NULL OR coalesce(start_time, created_at) <= wanted.last)
       AND (wanted.model IS NULL OR model_used = wanted.model)
       AND (wanted.template IS NULL OR workflow_template = wanted.template)
       AND ({ARGS}::jsonb ->> 'search' IS NULL
            OR h.id IN (SELECT s.id FROM workflow_search s
                         WHERE s.nl_input LIKE '%' || regexp_replace(lower({ARGS}::jsonb ->> 'search'), '([\\%_])', '\\\1', 'g') || '%'))
