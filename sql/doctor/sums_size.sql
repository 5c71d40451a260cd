-- How many links and runs there are, by the sums themselves.
SELECT (SELECT coalesce(sum(links), 0)::bigint FROM link_sum), (SELECT coalesce(sum(runs), 0)::bigint FROM history_hour)
