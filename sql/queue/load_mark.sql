-- The first load of an operation: from now on an equal request is new work. Waits for, and is waited for by, the request
-- that looks at loaded_at under the tally's lock.   $1 operation
UPDATE tally SET loaded_at = now(), version = version + 1
 WHERE operation_id = $1 AND loaded_at IS NULL AND state = 'running'
