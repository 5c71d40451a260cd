-- Plans made on an empty table are wrong on a full one. Does not wait for another one.
ANALYZE (SKIP_LOCKED) job
