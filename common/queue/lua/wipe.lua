-- The first step of a rebuild: the lists go, but only if the epoch is still the one that was found. The nonce in its place
-- vouches for nothing, so that a second wipe or a slow rebuilder cannot leave an empty Redis with a true epoch. Requests that
-- stand in the inbox may have been taken before Redis went back: these get the ids that they would have got, later ones do not.
-- KEYS: epoch, ops, inbox, inbox count, then everything to delete
-- ARGV: the epoch found ('' = missing), nonce, a new ULID without its prefix (the inbox's next era)
-- include: _number.lua
local found = redis.call('GET', KEYS[1]) or ''
if found ~= ARGV[1] then return 0 end
local count = redis.call('HMGET', KEYS[4], 'era', 'taken', 'from')
if count[1] and not count[3] then
    local from = number(count[2]) + redis.call('LLEN', KEYS[3])
    redis.call('HSET', KEYS[4], 'from', string.format('%.0f', from), 'next', ARGV[3])
end
for i = 5, #KEYS do redis.call('DEL', KEYS[i]) end
redis.call('SET', KEYS[1], ARGV[2])
return 1
