-- One ended operation whose outcomes are old enough to go.   $1 age in ms
SELECT o.operation_id FROM operation o JOIN tally t USING (operation_id)
 WHERE o.pruned_at IS NULL AND o.finished_at < now() - $1 * interval '1 millisecond'
   AND t.state IN ('completed', 'cancelled', 'failed')
 ORDER BY o.finished_at LIMIT 1
