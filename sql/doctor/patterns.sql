-- Patterns whose count is not that of their occurrences: both are written in one transaction (I2).   $1 how many (null = all)
SELECT 'pattern ' || p.signature, format('counts %s runs, but there are %s', p.occurrence_count, o.n)
  FROM (SELECT * FROM operation_patterns LIMIT $1::bigint) p
 CROSS JOIN LATERAL (SELECT count(*) AS n FROM pattern_occurrences o WHERE o.pattern_id = p.id) o
 WHERE o.n <> p.occurrence_count ORDER BY 1 LIMIT 100
