-- An inbox item ends: accepted (nothing more to keep) or refused with its reason, the newest 1 000 of which are kept.
-- KEYS: inbox active, rejected   ARGV: item as it stands, '' or the refusal (JSON)
local removed = redis.call('LREM', KEYS[1], 1, ARGV[1])
if removed == 1 and ARGV[2] ~= '' then
    redis.call('LPUSH', KEYS[2], ARGV[2])
    redis.call('LTRIM', KEYS[2], 0, 999)
end
return removed
