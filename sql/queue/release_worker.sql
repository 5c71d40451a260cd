-- What a dead worker process held. Its id was never used before and never will be again.   $1 worker
DELETE FROM exclusive WHERE worker = $1 RETURNING operation_id, seq
