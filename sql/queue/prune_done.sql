-- Its final counts stay in the tally.   $1 operation
UPDATE operation SET pruned_at = now() WHERE operation_id = $1
