-- Leases of operations that have ended, or that there are not, whose holders are gone. Who lives gives its lease back itself, when
-- its next checkpoint or touch is refused: it may have a request under way.
DELETE FROM exclusive e
 WHERE e.touched_at < now() - interval '50 seconds'
   AND NOT EXISTS (SELECT 1 FROM tally t WHERE t.operation_id = e.operation_id AND t.state IN ('running', 'paused'))
