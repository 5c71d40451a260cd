-- $1 operation
DELETE FROM exclusive WHERE operation_id = $1
