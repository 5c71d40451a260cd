-- Adds up what changes of the history have left in its sums, a step at a time.
SELECT history_fold(20000)
