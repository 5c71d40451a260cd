-- What a pass of this kind has to do: nothing where no row changed (then no row of `pass` is there), and never in a dry run,
-- for which nothing has changed yet; all where no pass before it counts (seen is null).
WITH RECURSIVE pass AS MATERIALIZED (
    SELECT seen FROM (SELECT history_seen($4) AS seen) pass
     WHERE NOT EXISTS (SELECT 1 FROM operation WHERE operation_id = $1 AND dry_run)
       AND EXISTS (SELECT 1 FROM workflow_history WHERE
-- include: select/_changed.sql
           )),
changed AS MATERIALIZED (
    SELECT id, adw_id, pattern_signature FROM workflow_history, pass WHERE pass.seen IS NOT NULL AND
-- include: select/_changed.sql
    )
