-- Adds up what changes of links have left in their sums, a step at a time.
SELECT link_fold(20000)
