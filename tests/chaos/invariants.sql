-- Each statement begins with a line "name: what it finds". Those that begin with I return a row for each violation, once
--   all has come to rest.

-- restless: operations that have not ended, cancelled ones whose jobs are not removed, claims.
SELECT 'operation', operation_id FROM tally
 WHERE state IN ('running', 'paused') OR succeeded + failed + skipped + cancelled_jobs < total
UNION ALL SELECT 'claim', key FROM exclusive;

-- tallies: what the hashes must equal.
SELECT operation_id, state, total, succeeded, failed, skipped, cancelled_jobs, version FROM tally;

-- I1 both: a job that is open and settled.
SELECT operation_id, seq FROM job JOIN job_outcome USING (operation_id, seq);

-- I1 neither: jobs that were planned and are nowhere; sequence numbers given out are all there where no job plans others.
SELECT t.operation_id, t.total, count(o.seq)
  FROM tally t LEFT JOIN job_outcome o USING (operation_id)
 WHERE t.state = 'completed' GROUP BY t.operation_id, t.total HAVING t.total <> count(o.seq);

-- I1 twice: a key settled twice in one phase.
SELECT operation_id, phase, kind, key FROM job_outcome GROUP BY 1, 2, 3, 4 HAVING count(*) > 1;

-- I2: counts that are not those of the rows.
SELECT t.operation_id, t.total, t.succeeded, t.failed, t.skipped, t.cancelled_jobs, c.*
  FROM tally t,
       LATERAL (SELECT count(*) FILTER (WHERE outcome = 'succeeded') AS s, count(*) FILTER (WHERE outcome = 'failed') AS f,
                       count(*) FILTER (WHERE outcome = 'skipped') AS k,
                       (SELECT count(*) FROM job j WHERE j.operation_id = t.operation_id) AS open
                  FROM job_outcome o WHERE o.operation_id = t.operation_id) c
 WHERE (t.succeeded, t.failed, t.skipped) <> (c.s, c.f, c.k)
    OR t.succeeded + t.failed + t.skipped + t.cancelled_jobs + c.open <> t.total;

-- I5: a phase that is over but was not advanced.
SELECT operation_id, phase FROM tally
 WHERE state = 'running' AND planned AND succeeded + failed + skipped = total;

-- I8: a claim whose job is settled, removed or of another attempt.
SELECT e.key, e.operation_id, e.seq FROM exclusive e LEFT JOIN job j USING (operation_id, seq)
 WHERE j.seq IS NULL OR j.attempt <> e.attempt;

-- I4: an operation whose end is not noted, or is noted twice over.
SELECT operation_id, state, finished_at FROM tally JOIN operation USING (operation_id)
 WHERE (state IN ('running', 'paused')) = (finished_at IS NOT NULL);

-- I9: rows that belong to no operation.
SELECT 'job', operation_id FROM job LEFT JOIN operation USING (operation_id) WHERE digest IS NULL
UNION ALL SELECT 'outcome', operation_id FROM job_outcome LEFT JOIN operation USING (operation_id) WHERE digest IS NULL;
