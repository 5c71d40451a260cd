-- The first step of a rebuild: the lists go, but only if the epoch is still the one that was found. The nonce in its place
-- vouches for nothing, so that a second wipe or a slow rebuilder cannot leave an empty Redis with a true epoch.
-- KEYS: epoch, ops, then everything to delete   ARGV: the epoch found ('' = missing), nonce
local found = redis.call('GET', KEYS[1]) or ''
if found ~= ARGV[1] then return 0 end
for i = 3, #KEYS do redis.call('DEL', KEYS[i]) end
redis.call('SET', KEYS[1], ARGV[2])
return 1
