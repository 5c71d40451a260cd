-- The same where a text is searched that many runs have: along the index, each run's text is looked at, of $11 runs at most. What
-- is no full page may lack some, and tells nothing. Those without a key are walked only where the cursor stands among them.
-- $1 limit, $2 offset, $3, $4 after this key (null = none) and id; the filters: _workflows_wanted.sql; $11 runs to look at
WITH keyed AS MATERIALIZED (
    SELECT h.id, h.key FROM (
        SELECT h.id, h.{KEY} AS key FROM workflow_history h
         WHERE h.{KEY} IS NOT NULL
           AND ($4::bigint IS NULL
                OR $3::{TYPE} IS NOT NULL AND (h.{KEY}, h.id) {BEYOND} ($3::{TYPE}, $4::bigint)) AND
-- include: query/_workflows_{HAVING}.sql
         ORDER BY h.{KEY} {ORDER}, h.id {ORDER} LIMIT $11::bigint) h
     WHERE
-- include: query/_workflows_has_text.sql
     ORDER BY h.key {ORDER}, h.id {ORDER} LIMIT $1::bigint + $2::bigint),
keyless AS MATERIALIZED (
    SELECT h.id, h.key FROM (
        SELECT h.id, h.{KEY} AS key FROM workflow_history h
         WHERE $3::{TYPE} IS NULL AND h.id {BEYOND} $4::bigint AND h.{KEY} IS NULL AND
-- include: query/_workflows_{LACKING}.sql
         ORDER BY h.{KEY} {ORDER}, h.id {ORDER} LIMIT $11::bigint) h
     WHERE
-- include: query/_workflows_has_text.sql
     ORDER BY h.key {ORDER}, h.id {ORDER} LIMIT $1::bigint + $2::bigint),
-- include: query/_workflows_page.sql
