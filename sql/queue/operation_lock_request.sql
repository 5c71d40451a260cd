-- Equal requests at the same moment come one after the other.   $1 request key
SELECT pg_advisory_xact_lock(hashtextextended(encode($1, 'hex'), 0))
