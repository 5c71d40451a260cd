-- Of the run `h`: the words, and $8 from, $9 to. A run's time is when it started, else when its row was made.
-- include: query/_workflows_words.sql
       AND ($8::timestamptz IS NULL AND $9::timestamptz IS NULL
            OR h.start_time BETWEEN coalesce($8::timestamptz, '-infinity') AND coalesce($9::timestamptz, 'infinity')
            OR h.start_time IS NULL
               AND h.created_at BETWEEN coalesce($8::timestamptz, '-infinity') AND coalesce($9::timestamptz, 'infinity'))
