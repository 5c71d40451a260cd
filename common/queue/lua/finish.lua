-- A chunk leaves the active list for good. Only one that was really there, of the current generation, lowers `out` and lets
-- the next chunk in: a second finish, or one after a reap, feeds nothing (I9).
-- Where the operation is completed, this is its last mirror: the sweep need not come for it. (Of one that was cancelled or has
-- failed, jobs are still to be removed and counted.)
-- KEYS: active, hash, queue, delayed, ops (may be missing)   ARGV: chunk as it stands in the list, op, generation, kind of chunk ('w' window,
--       'due', '' other), next open seq (0 = not said), due delay in ms (-1 = none), retries (change), events channel,
--       block of 10 (_forward; version 0 = nothing settled), expiry in s after the end.
-- include: _number.lua
-- include: _forward.lua
-- include: _feed.lua
local key, op = KEYS[2], ARGV[2]
local removed = redis.call('LREM', KEYS[1], 1, ARGV[1])
if redis.call('HEXISTS', key, 'gen') == 0 then return removed end
local changed = forward(key, 9)
if removed == 1 and redis.call('HGET', key, 'gen') == ARGV[3] then
    if ARGV[4] == 'due' then redis.call('HINCRBY', key, 'dues', -1) end
    if ARGV[4] == 'w' then
        redis.call('HINCRBY', key, 'out', -1)
        local next_open = tonumber(ARGV[5])
        if next_open > number(redis.call('HGET', key, 'next_seq')) then redis.call('HSET', key, 'next_seq', ARGV[5]) end
    end
    local retrying = math.max(0, number(redis.call('HGET', key, 'retrying')) + tonumber(ARGV[7]))
    redis.call('HSET', key, 'retrying', retrying)
    feed(key, KEYS[3], op)
end
arm(KEYS[4], op, tonumber(ARGV[6]))
if changed then publish(ARGV[8], op, key) end
if KEYS[5] and changed and redis.call('HGET', key, 'state') == 'completed' then
    redis.call('SREM', KEYS[5], op)
    if redis.call('TTL', key) < 0 then redis.call('EXPIRE', key, ARGV[9 + BLOCK]) end
end
return removed
