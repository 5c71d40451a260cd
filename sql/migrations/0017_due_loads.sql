-- A retry that is loaded as due is set aside for whoever loaded it: `worker`, and which of that worker's loads. A worker tells
-- with its heartbeat which loads it has in hand, so anybody can tell a retry that is being run from one that nobody has.
ALTER TABLE job ADD COLUMN load bigint; -- counted by each worker process from 1; null = by a worker that does not tell
