-- The lists as they are; a row for each id, in their order.   $1 adw_ids
SELECT h.id, h.similar_workflows::text
  FROM unnest($1::text[]) WITH ORDINALITY AS asked (id, n) LEFT JOIN workflow_history h ON h.adw_id = asked.id
 ORDER BY n
