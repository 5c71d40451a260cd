-- A process died by a fatal signal while it ran this job alone.   $1 operation, $2 seq
UPDATE job SET crashes = crashes + 1 WHERE operation_id = $1 AND seq = $2 RETURNING crashes
