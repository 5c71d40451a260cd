-- The same of a run that has a start: a range of the index on it.
-- include: query/_workflows_words.sql
       AND h.start_time IS NOT NULL
       AND ($8::timestamptz IS NULL OR h.start_time >= $8::timestamptz)
       AND ($9::timestamptz IS NULL OR h.start_time <= $9::timestamptz)
