-- Passes that no pass which counts, or will, stands beside: newer ones have seen all that they saw.
DELETE FROM history_pass p USING operation o
 WHERE o.operation_id = p.operation_id AND o.finished_at < now() - interval '1 day' AND p.through < history_seen(p.kind)
