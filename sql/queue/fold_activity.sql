-- Adds up what settles have left, a step at a time; minutes are kept for eight days, so that a chart of seven is whole.
SELECT activity_fold(20000, interval '8 days')
