-- The workers and their last beats, the latest first. What is no worker's id is left out.
-- KEYS: workers   ARGV: how many at most   Returns: the time in ms, then ids with their beats.
-- include: _id.lua
local time = redis.call('TIME')
local answer = { time[1] * 1000 + math.floor(time[2] / 1000) }
local found = redis.call('ZREVRANGE', KEYS[1], 0, ARGV[1] - 1, 'WITHSCORES')
for i = 1, #found, 2 do
    if is_id(found[i]) then answer[#answer + 1], answer[#answer + 2] = found[i], found[i + 1] end
end
return answer
