-- Which share of all texts has $1 in it (a pattern of LIKE), by a sample of some forty pages. No row = there was nothing in the
-- sample.
SELECT avg((nl_input LIKE lower($1::text))::integer)::float8
  FROM workflow_search TABLESAMPLE SYSTEM (least(100, 4000 * 8192.0 / greatest(pg_relation_size('workflow_search'), 8192)))
HAVING count(*) > 0
