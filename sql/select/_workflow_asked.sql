-- What the arguments {ARGS} ask of a run, each null where anything will do.
SELECT ARRAY(SELECT jsonb_array_elements_text(coalesce({ARGS}::jsonb -> 'status', '["completed", "failed"]'))) AS statuses,
       history_instant({ARGS}::jsonb ->> 'from', false) AS first, history_instant({ARGS}::jsonb ->> 'to', true) AS last,
       {ARGS}::jsonb ->> 'model' AS model, {ARGS}::jsonb ->> 'template' AS template
