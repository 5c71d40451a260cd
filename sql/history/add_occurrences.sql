-- Each run of a pattern counts once.   $1 signature
INSERT INTO pattern_occurrences (pattern_id, workflow_id)
SELECT p.id, h.id FROM operation_patterns p JOIN workflow_history h ON h.pattern_signature = p.signature
 WHERE p.signature = $1
   AND NOT EXISTS (SELECT 1 FROM pattern_occurrences o WHERE o.pattern_id = p.id AND o.workflow_id = h.id)
    ON CONFLICT DO NOTHING
