-- A step of what a removed app was sent: a million rows are not deleted in one statement.   $1 app, $2 repository (null = all)
DELETE FROM deliveries WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM deliveries WHERE app_id = $1 AND ($2::text IS NULL OR repository_id = $2) LIMIT 10000))
