page AS (
    SELECT id, key, part FROM (SELECT id, key, 1 AS part FROM keyed UNION ALL SELECT id, key, 2 FROM keyless) both_parts
     ORDER BY part, key {ORDER}, id {ORDER} LIMIT $1::bigint OFFSET $2::bigint)
SELECT page.key::text AS cursor_1, page.id::text AS cursor_2,
-- include: query/_workflow.sql
  FROM page JOIN workflow_history h USING (id)
 ORDER BY page.part, page.key {ORDER}, page.id {ORDER}
