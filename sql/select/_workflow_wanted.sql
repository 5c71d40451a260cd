-- Of the run `h`: its status is asked for, and its time lies between the two, both included.
       status = ANY (wanted.statuses)
       AND (wanted.first IS NULL OR coalesce(start_time, created_at) >= wanted.first)
       AND (wanted.last IS NULL OR coalesce(start_time, created_at) <= wanted.last)
