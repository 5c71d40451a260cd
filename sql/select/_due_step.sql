-- A step over the runs of `due`, or over all: the job's key is the run's id.
numbered AS (
    SELECT adw_id AS key, adw_id AS "cursor", row_number() OVER (ORDER BY adw_id) AS n
      FROM (SELECT adw_id FROM due WHERE adw_id > coalesce($6::text, '')
            UNION ALL
            (SELECT adw_id FROM workflow_history
              WHERE (SELECT count(*) FROM pass WHERE seen IS NULL) > 0 AND adw_id > coalesce($6::text, '')
              ORDER BY adw_id LIMIT $7::bigint)) every
     WHERE $5::jsonb IS NOT NULL ORDER BY adw_id LIMIT $7::bigint)
