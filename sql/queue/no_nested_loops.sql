-- For a transaction whose statement joins two lists of a thousand: by nested loops that would be a million comparisons, and on an
-- empty table the planner finds them cheap.
SET LOCAL enable_nestloop = off
