-- How many runs match, counted up to $1, where a range of time is asked for: those with a start, then those without.
-- $2, $3, $4 unused; the filters: _workflows_wanted.sql; $11 ids, of marked ones
SELECT count(*) FROM (
    (SELECT 1 FROM workflow_history h
      WHERE ($2::bigint IS NULL OR $3::text IS NULL OR $4::text IS NULL) AND
-- include: query/_workflows_{AMONG}.sql IDS=$11
        AND
-- include: query/_workflows_started.sql
      LIMIT $1::bigint)
    UNION ALL
    (SELECT 1 FROM workflow_history h
      WHERE
-- include: query/_workflows_{AMONG}.sql IDS=$11
        AND
-- include: query/_workflows_unstarted.sql
      LIMIT $1::bigint)
    LIMIT $1::bigint) counted
