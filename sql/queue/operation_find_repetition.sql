-- A running operation of the same definition and arguments of which no chunk has been loaded yet. Its tally is locked, so that
-- the first load waits until this request is answered.   $1 request key, $2 dry run
SELECT o.operation_id
  FROM operation o JOIN tally t USING (operation_id)
 WHERE o.request_key = $1 AND o.finished_at IS NULL AND o.dry_run = $2 AND t.state = 'running' AND t.loaded_at IS NULL
 ORDER BY o.created_at LIMIT 1 FOR UPDATE OF t
