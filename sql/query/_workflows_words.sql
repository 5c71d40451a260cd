-- Of the run `h`: $5 statuses, with commas, $6 model, $7 template; null = any. ($10 is used where a text is searched; the line
-- that names it is for the other statements, and is always true.)
-- include: query/_workflows_status_{STATUSES}.sql
       AND ($6::text IS NULL OR h.model_used = $6)
       AND ($7::text IS NULL OR h.workflow_template = $7)
       AND ($10::text IS NULL OR $10 IS NOT NULL)
