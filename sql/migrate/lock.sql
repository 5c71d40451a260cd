-- Held by the session until its connection is closed. The key is "reprise" in ASCII.
SELECT pg_advisory_lock(x'72657072697365'::bigint)
