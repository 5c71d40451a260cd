-- The runs whose text has $1 in it (a pattern of LIKE), at most $2 of them, in no order: how many, and their ids as an array.
SELECT count(*), coalesce(array_agg(id), '{}')::text
  FROM (SELECT id FROM workflow_search WHERE nl_input LIKE lower($1::text) LIMIT $2::bigint) found
