-- $1 operation, $2 whether the webhook is told, $3 rows (JSON array; see history_store)
SELECT history_store($1, $2, $3::json)
