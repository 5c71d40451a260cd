-- Runs along the index on {KEY}, those without one last, in either direction. (That the second half is sorted by a key that it
-- lacks keeps it on that index: along the ids it could pass over the whole table.)
-- $1 limit, $2 offset, $3, $4 after this key (null = none) and id; the filters: _workflows_wanted.sql
WITH page AS (
    SELECT id, key, part FROM (
        (SELECT h.id, h.{KEY} AS key, 1 AS part FROM
-- include: query/_workflows_{AMONG}.sql
          WHERE h.{KEY} IS NOT NULL
            AND ($4::bigint IS NULL
                 OR $3::{TYPE} IS NOT NULL AND (h.{KEY}, h.id) {BEYOND} ($3::{TYPE}, $4::bigint)) AND
-- include: query/_workflows_{HAVING}.sql
          ORDER BY h.{KEY} {ORDER}, h.id {ORDER} LIMIT $1::bigint + $2::bigint)
        UNION ALL
        (SELECT h.id, h.{KEY}, 2 FROM
-- include: query/_workflows_{AMONG}.sql
          WHERE h.{KEY} IS NULL
            AND ($4::bigint IS NULL OR $3::{TYPE} IS NOT NULL OR h.id {BEYOND} $4::bigint) AND
-- include: query/_workflows_{LACKING}.sql
          ORDER BY h.{KEY} {ORDER}, h.id {ORDER} LIMIT $1::bigint + $2::bigint)) both_parts
     ORDER BY part, key {ORDER}, id {ORDER} LIMIT $1::bigint OFFSET $2::bigint)
SELECT page.key::text AS cursor_1, page.id::text AS cursor_2,
-- include: query/_workflow.sql
  FROM page JOIN workflow_history h USING (id)
 ORDER BY page.part, page.key {ORDER}, page.id {ORDER}
