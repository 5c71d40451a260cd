-- The first entries of some lists. Any client may have written gigabytes: each is cut, where there are many the rest is left
-- out, and a list with some that are far too long is left out as a whole, for reading it would hold up Redis for seconds.
-- KEYS: lists   ARGV: entries of one list at most (0 = all), of all lists together (0 = all), bytes of an entry
-- Returns a list of entries for each key.
-- include: _huge.lua
local most, left, bytes = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
if left == 0 then left = math.huge end
local lists = {}
for i, key in ipairs(KEYS) do
    lists[i] = {}
    local last = most > 0 and math.min(most, left) or left
    if last > 0 and not looks_huge(key) then lists[i] = redis.call('LRANGE', key, 0, last == math.huge and -1 or last - 1) end
    for n, entry in ipairs(lists[i]) do
        if #entry > bytes then lists[i][n] = string.sub(entry, 1, bytes) end
    end
    left = left - #lists[i]
end
return lists
