-- The files of these are gone; the rows stay.   $1 ids
UPDATE workflow_definitions
   SET file_exists = false, load_error = NULL, load_error_line = NULL, load_error_column = NULL,
       archived_at = coalesce(archived_at, now()), updated_at = now()
 WHERE id = ANY ($1::bigint[])
