-- Stamps an inbox item with its operation_id before PostgreSQL sees it: whoever finds it later repeats the same request.
-- KEYS: inbox active   ARGV: item as it stands, item stamped
local removed = redis.call('LREM', KEYS[1], 1, ARGV[1])
if removed == 1 then redis.call('LPUSH', KEYS[1], ARGV[2]) end
return removed
