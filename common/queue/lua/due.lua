-- An operation's retries have fallen due: one due chunk into its queue, up to a window of them at a time.
-- KEYS: delayed, hash, queue   ARGV: op, again (1 = more are known to be due: the entry need not be there)
-- include: _number.lua
-- include: _feed.lua
local op, key = ARGV[1], KEYS[2]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local at = redis.call('ZSCORE', KEYS[1], op)
if ARGV[2] ~= '1' and (not at or tonumber(at) > now) then return 0 end
local h = redis.call('HMGET', key, 'gen', 'state', 'dues', 'window')
redis.call('ZREM', KEYS[1], op)
if not h[1] or h[2] ~= 'running' then return 0 end
if number(h[3]) >= number(h[4]) then
    arm(KEYS[1], op, 1000)
    return 0
end
redis.call('HINCRBY', key, 'dues', 1)
redis.call('RPUSH', KEYS[3], string.format('{"op":"%s","gen":%s,"due":true}', op, h[1]))
return 1
