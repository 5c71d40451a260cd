-- Which of these operations a client wants cancelled. What is too long to be the wish is removed unread: it may be gigabytes.
-- KEYS: hashes   Returns their numbers, from 1.
local flagged = {}
for i, key in ipairs(KEYS) do
    local length = redis.pcall('HSTRLEN', key, 'cancelled')
    if type(length) == 'number' and length > 64 then redis.call('HDEL', key, 'cancelled') end
    local h = redis.pcall('HMGET', key, 'cancelled', 'state') -- an error where a client made it a key of another type
    if not h.err and h[1] == 'true' and h[2] ~= 'cancelled' then flagged[#flagged + 1] = i end
end
return flagged
