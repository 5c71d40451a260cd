-- $1 repository
SELECT 1 FROM repositories WHERE repository_id = $1 FOR UPDATE
