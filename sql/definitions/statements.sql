-- What is asked about a definition's own SQL. Its text, with typed parameters, takes the place of VALUES ('the statement'), which
-- stands here so that these can be read and prepared as all others; PostgreSQL gets the whole unprepared.

-- name: statement_count
-- How many jobs a selection would give.
SELECT count(*) FROM (
VALUES ('the statement')
) AS selection

-- name: statement_explain
-- Looks at the rights too, and runs nothing.
EXPLAIN VALUES ('the statement')
