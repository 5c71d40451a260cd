-- What a failed try leaves, for the open jobs of :operation: above :after:, :count: of them, that have not failed yet.
UPDATE job SET attempt = attempt + 1, failures = failures + 1, run_at = clock_timestamp() + interval '30 seconds',
               last_error = 'HTTP 503'
 WHERE operation_id = :operation: AND seq > :after: AND seq <= :after: + :count: AND run_at IS NULL
