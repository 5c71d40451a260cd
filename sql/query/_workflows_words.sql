-- Of the run `h`: $5 statuses, with commas, $6 model, $7 template; null = any. The statuses are spelled out where any will do, because the
-- index on the three words begins with them. ($10 is used where a text is searched; the line that names it is for the
-- other statements, and is always true.)
       h.status = ANY (CASE WHEN $5::text IS NULL THEN ARRAY['pending', 'running', 'completed', 'failed'] ELSE string_to_array($5, ',') END)
       AND ($6::text IS NULL OR h.model_used = $6)
       AND ($7::text IS NULL OR h.workflow_template = $7)
       AND ($10::text IS NULL OR $10 IS NOT NULL)
