-- Told, or given up after the last try: the outcome says which.   $1 ids
DELETE FROM cost_webhook WHERE id = ANY ($1::text[]::bigint[])
