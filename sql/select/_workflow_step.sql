-- The columns of a step over runs of the history: the job's key is the run's id.
WITH numbered AS (
    SELECT adw_id AS key, adw_id AS "cursor", row_number() OVER (ORDER BY adw_id) AS n
