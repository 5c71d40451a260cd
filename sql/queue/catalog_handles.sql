-- What can be asked for, to find what somebody may have meant.
SELECT handle FROM workflow_definitions WHERE current_version IS NOT NULL ORDER BY handle LIMIT 5000
