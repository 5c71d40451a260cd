-- How far an operation's one open job is, if it remembers files; their total is null until it is known.   $1 operation
SELECT (checkpoint ->> 'done')::bigint, nullif((checkpoint ->> 'total')::bigint, 0)
  FROM job WHERE operation_id = $1 AND checkpoint ? 'total' ORDER BY seq LIMIT 1
