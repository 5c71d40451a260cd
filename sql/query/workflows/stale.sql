-- Completed runs that are suspiciously cheap for their tokens. The page is cut in the index alone.
-- $1 limit, $2 offset, $3, $4 after this cost and id, $5 below this cost, $6 more tokens than this
WITH page AS (
    SELECT actual_cost_total, id FROM workflow_history
     WHERE actual_cost_total < $5::text::numeric AND status = 'completed' AND total_tokens > $6::bigint
       AND ($4::text IS NULL OR (actual_cost_total, id) > ($3::text::numeric, $4::text::bigint))
     ORDER BY actual_cost_total, id LIMIT $1::bigint OFFSET $2::bigint)
SELECT page.actual_cost_total::text AS cursor_1, page.id::text AS cursor_2,
-- include: query/_workflow.sql
  FROM page JOIN workflow_history h USING (id)
 ORDER BY page.actual_cost_total, page.id
