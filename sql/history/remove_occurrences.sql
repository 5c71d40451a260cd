-- Runs that have another text now.   $1 signature
DELETE FROM pattern_occurrences o USING operation_patterns p, workflow_history h
 WHERE p.signature = $1 AND o.pattern_id = p.id AND h.id = o.workflow_id AND h.pattern_signature IS DISTINCT FROM p.signature
