-- What the rows of an operation say that cannot be (I2).   $1 how many operations to look at, the newest (null = all)
WITH newest AS (SELECT * FROM operation ORDER BY created_at DESC, operation_id DESC LIMIT $1::bigint),
said AS (
    SELECT o.operation_id, w.wrong, w.what
      FROM newest o JOIN tally t USING (operation_id) CROSS JOIN LATERAL (VALUES
           (o.created_at > now() + interval '1 minute', 'was made in the future'),
           (o.finished_at < o.created_at - interval '1 minute', 'ended before it was made'),
           (o.finished_at > now() + interval '1 minute', 'ended in the future'),
           (o.pruned_at < o.finished_at - interval '1 minute' OR (o.pruned_at IS NOT NULL AND o.finished_at IS NULL), 'was pruned before its end'),
           (o.pruned_at > now() + interval '1 minute', 'was pruned in the future'),
           (o.drained_at < o.finished_at - interval '1 minute' OR (o.drained_at IS NOT NULL AND t.state <> 'cancelled'),
            'says that its cancel was over before it was asked for'),
           (o.drained_at > now() + interval '1 minute', 'says that its cancel is over in the future'),
           ((o.error IS NOT NULL) <> (t.state = 'failed'), 'has a reason of failing and has not failed, or the other way round'),
           (jsonb_typeof(o.args) <> 'object', 'has arguments that are no object'),
           (jsonb_typeof(o.phases) <> 'array' OR jsonb_array_length(CASE jsonb_typeof(o.phases) WHEN 'array' THEN o.phases ELSE '[]' END) = 0,
            'has no list of phases'),
           (octet_length(o.request_key) <> 32, 'has no digest of its request'),
           (o.queue NOT IN ('delivery', 'history'), 'has a queue that there is not'),
           (t.phase < 0 OR t.phase >= CASE jsonb_typeof(o.phases) WHEN 'array' THEN jsonb_array_length(o.phases) ELSE 0 END,
            'is in a phase that it does not have'),
           (t.state = 'completed' AND NOT t.planned, 'is completed and was not planned'),
           (t.plan_failures < 0 OR t.plan_failures > 3 OR (t.plan_failures > 0 AND t.planned AND t.state <> 'failed'),
            'counts failures of planning that there cannot have been'),
           (t.loaded_at < o.created_at - interval '1 minute' OR t.loaded_at > now() + interval '1 minute',
            'was loaded before it was made, or in the future'),
           (t.loaded_at IS NULL AND t.succeeded + t.failed + t.skipped > 0, 'has settled jobs and was never loaded'),
           (t.generation < 1 OR t.version < 1, 'has a generation or a version below one'),
           (t.leftover AND t.state NOT IN ('cancelled', 'failed'), 'has jobs to be removed and did not end so'),
           (least(t.total, t.succeeded, t.failed, t.skipped, t.cancelled_jobs, t.last_seq) < 0, 'counts less than nothing'))
           w (wrong, what))
SELECT operation_id, what FROM said WHERE wrong ORDER BY 1, 2 LIMIT 100
