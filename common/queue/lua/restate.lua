-- The hash of an operation that has ended says what PostgreSQL says, whatever a client wrote over it, or a Redis that went
-- back has of it. Most are as they should be, and nothing is written.
-- KEYS: hash   ARGV: 1 = also where the hash knows more (it cannot, who asks has looked again), expiry in s, timeline,
--       version, then pairs of fields
-- Returns how many fields were wrong; -1 = the hash knows more.
-- include: _number.lua
local key, wrong = KEYS[1], 0
if redis.call('TYPE', key).ok ~= 'hash' then redis.call('DEL', key) end
local known = redis.call('HMGET', key, 'timeline', 'version')
local timeline, version = number(known[1]), number(known[2])
local knows_more = timeline > tonumber(ARGV[3]) or (timeline == tonumber(ARGV[3]) and version > tonumber(ARGV[4]))
if knows_more and ARGV[1] ~= '1' then return -1 end
local function say(field, value)
    if redis.call('HGET', key, field) == value then return end
    redis.call('HSET', key, field, value)
    wrong = wrong + 1
end
say('timeline', ARGV[3])
say('version', ARGV[4])
for i = 5, #ARGV, 2 do say(ARGV[i], ARGV[i + 1]) end
local left = redis.call('TTL', key)
if left < 0 or left > tonumber(ARGV[2]) then redis.call('EXPIRE', key, ARGV[2]) end
return wrong
