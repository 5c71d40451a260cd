-- What was skipped, as what has failed (0001): a list of it must not pass over a million others.
CREATE INDEX job_outcome_skipped ON job_outcome (operation_id, seq) WHERE outcome = 'skipped';
