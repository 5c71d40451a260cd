-- Plans made on an empty table are wrong on a full one.
ANALYZE job
