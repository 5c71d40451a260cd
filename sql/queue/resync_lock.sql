-- Two re-syncs take turns.
SELECT pg_advisory_xact_lock(hashtextextended('resync-definitions', 0))
