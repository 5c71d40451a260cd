-- How much stands in some lists, all together.   KEYS: lists
local sum = 0
for _, key in ipairs(KEYS) do sum = sum + redis.call('LLEN', key) end
return sum
