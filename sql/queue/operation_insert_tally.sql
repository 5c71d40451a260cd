-- $1 operation
INSERT INTO tally (operation_id, state) VALUES ($1, 'running')
