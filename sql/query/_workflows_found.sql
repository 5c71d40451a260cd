-- Runs whose text has $10 in it (a pattern of LIKE).
       h.id IN (SELECT s.id FROM workflow_search s WHERE s.nl_input LIKE lower($10::text))
