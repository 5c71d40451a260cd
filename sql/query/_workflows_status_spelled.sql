-- The index on the three words begins with the status: it is spelled out where any will do.
       h.status = ANY (CASE WHEN $5::text IS NULL THEN ARRAY['pending', 'running', 'completed', 'failed']
                            ELSE string_to_array($5, ',') END)
