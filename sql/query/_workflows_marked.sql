-- Runs of a list of ids, looked up in it while an index is walked along: the sum keeps the planner from the index on the id, and
-- from one step for each of them there.
       h.id + 0 = ANY ({IDS}::bigint[])
