-- How long so many jobs took lately, in ms; null where nothing of the kind has been completed lately.   $1 definition, $2 jobs
SELECT (sum(extract(epoch FROM last.finished_at - last.created_at)) * 1000 / nullif(sum(last.total), 0) * $2::bigint)::bigint
  FROM (SELECT newest.created_at, newest.finished_at, t.total
          FROM (SELECT * FROM operation ORDER BY created_at DESC, operation_id DESC LIMIT 1000) newest
          JOIN tally t USING (operation_id)
         WHERE newest.definition = $1 AND t.state = 'completed' AND NOT newest.dry_run
         ORDER BY newest.created_at DESC LIMIT 5) last
