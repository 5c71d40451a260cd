-- Runs of a list of ids, of which few are wanted.
       h.id = ANY ({IDS}::bigint[])
