-- How many runs match, counted up to $1, where no range of time is asked for.
-- $2, $3, $4 unused; the filters: _workflows_words.sql; $11 ids, of marked ones
SELECT count(*) FROM (SELECT 1 FROM workflow_history h
 WHERE ($2::bigint IS NULL OR $3::text IS NULL OR $4::text IS NULL OR $8::timestamptz IS NULL OR $9::timestamptz IS NULL) AND
-- include: query/_workflows_{AMONG}.sql IDS=$11
       AND
-- include: query/_workflows_words.sql
 LIMIT $1::bigint) counted
