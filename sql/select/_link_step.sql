-- The columns of a step over links: the job's key, which is the exclusive key too, and the place to go on from.
WITH numbered AS (
    SELECT app_id || '/' || repository_id AS key, app_id || '/' || repository_id AS "cursor",
           row_number() OVER (ORDER BY app_id, repository_id) AS n
      FROM app_repositories l
