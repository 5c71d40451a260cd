-- $1 stamp of an inbox item, $2 the operation that it joined
WITH old AS (DELETE FROM operation_alias WHERE at < now() - interval '1 day')
INSERT INTO operation_alias (stamp, operation_id) VALUES ($1, $2) ON CONFLICT DO NOTHING
