-- Runs along the index on {KEY}, those without one last, in either direction: these are looked at only where those with one do not
-- fill the page. (That they are sorted by a key that they lack keeps them on that index: along the ids it could pass over the
-- whole table.)
-- $1 limit, $2 offset, $3, $4 after this key (null = none) and id; the filters: _workflows_wanted.sql; more: _workflows_{AMONG}.sql
WITH keyed AS MATERIALIZED (
    SELECT h.id, h.{KEY} AS key FROM workflow_history h
     WHERE h.{KEY} IS NOT NULL
       AND ($4::bigint IS NULL
            OR $3::{TYPE} IS NOT NULL AND (h.{KEY}, h.id) {BEYOND} ($3::{TYPE}, $4::bigint)) AND
-- include: query/_workflows_{AMONG}.sql IDS=$11
       AND
-- include: query/_workflows_{HAVING}.sql
     ORDER BY h.{KEY} {ORDER}, h.id {ORDER} LIMIT $1::bigint + $2::bigint),
keyless AS MATERIALIZED (
    SELECT h.id, h.{KEY} AS key FROM workflow_history h
     WHERE (SELECT count(*) FROM keyed) < $1::bigint + $2::bigint AND h.{KEY} IS NULL
       AND ($4::bigint IS NULL OR $3::{TYPE} IS NOT NULL OR h.id {BEYOND} $4::bigint) AND
-- include: query/_workflows_{AMONG}.sql IDS=$11
       AND
-- include: query/_workflows_{LACKING}.sql
     ORDER BY h.{KEY} {ORDER}, h.id {ORDER} LIMIT $1::bigint + $2::bigint),
-- include: query/_workflows_page.sql
