-- PostgreSQL's clock, Unix microseconds.
SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint
