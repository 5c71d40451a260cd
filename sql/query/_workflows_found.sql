-- Runs whose text has $10 in it (a pattern of LIKE).
workflow_history h JOIN workflow_search s ON s.id = h.id AND s.nl_input ILIKE $10::text
