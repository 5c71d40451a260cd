-- An inbox item ends: accepted (nothing more to keep) or refused with its reason, the newest 1 000 of which are kept.
-- KEYS: inbox active, rejected   ARGV: item as it stands, '' or the refusal (JSON)
if ARGV[2] ~= '' and redis.call('LPOS', KEYS[1], ARGV[1]) then -- first: if it cannot be kept, the item stays
    redis.call('LPUSH', KEYS[2], ARGV[2])
    redis.call('LTRIM', KEYS[2], 0, 999)
end
return redis.call('LREM', KEYS[1], 1, ARGV[1])
