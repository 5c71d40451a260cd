-- The same of a run that has none.
-- include: query/_workflows_words.sql
       AND h.start_time IS NULL
       AND ($8::timestamptz IS NULL OR h.created_at >= $8::timestamptz)
       AND ($9::timestamptz IS NULL OR h.created_at <= $9::timestamptz)
