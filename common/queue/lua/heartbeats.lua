-- What workers say of themselves.   KEYS: heartbeats   Returns them; false where there is none, or none of ours is so long.
local said = {}
for i, key in ipairs(KEYS) do
    local length = redis.pcall('STRLEN', key)
    said[i] = type(length) == 'number' and length > 0 and length <= 65536 and redis.call('GET', key)
end
return said
