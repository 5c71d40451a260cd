-- Carries the tally into the hash, and keeps the window filled: the sweep's script for each live operation.
-- KEYS: hash, queue, ops, delayed   ARGV: op, generation, last_seq, window (0 = leave), retrying (-1 = leave), expiry in s after
--       the end, events channel, due delay in ms (-1 = leave), block of 10 (_forward)
-- Returns: 0 the hash is missing, else 1; and how many chunks were pushed.
-- include: _number.lua
-- include: _forward.lua
-- include: _feed.lua
local key, op = KEYS[1], ARGV[1]
if redis.call('HEXISTS', key, 'gen') == 0 then return { 0, 0 } end
local changed, pushed = forward(key, 9), 0
if tonumber(ARGV[4]) > 0 then redis.call('HSET', key, 'window', ARGV[4]) end
if tonumber(ARGV[5]) >= 0 then redis.call('HSET', key, 'retrying', ARGV[5]) end
if redis.call('HGET', key, 'gen') == ARGV[2] then
    if tonumber(ARGV[3]) > number(redis.call('HGET', key, 'last_seq')) then redis.call('HSET', key, 'last_seq', ARGV[3]) end
    pushed = feed(key, KEYS[2], op)
end
local state = redis.call('HGET', key, 'state')
if state == 'running' or state == 'paused' then
    redis.call('SADD', KEYS[3], op)
    if state == 'running' then arm(KEYS[4], op, tonumber(ARGV[8])) end
else
    redis.call('SREM', KEYS[3], op)
    if redis.call('TTL', key) < 0 then redis.call('EXPIRE', key, ARGV[6]) end
end
if changed then publish(ARGV[7], op, key) end
return { 1, pushed }
