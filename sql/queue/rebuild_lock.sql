SELECT pg_advisory_xact_lock(hashtextextended('rebuild', 0))
