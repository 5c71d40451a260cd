-- A lease that nobody has touched for long: any claim of its key could take it.   $1 key
DELETE FROM exclusive WHERE key = $1 AND touched_at < now() - interval '5 minutes' RETURNING worker
