-- Requests leave the inbox for a worker's own list, each stamped with the id that its operation will have, before
-- PostgreSQL sees it: who finds it there later repeats the same request. The id is made of the inbox's era, of how many
-- requests were taken before, and of the content: a Redis that lost its last second gives a request the same id again, while
-- two equal requests get two. What is too long does not travel: its size and its beginning stand in for it. What is far too
-- long is not even read here, for that takes seconds: only a bound of its size stands in for it.
-- The door is what idle workers wait at (worker/inbox_watch.c): no list, or a request would go through it. One that did, since
-- Redis had lost the door, goes back.
-- KEYS: inbox, inbox active, inbox count, inbox door   ARGV: requests at most, bytes of the longest, bytes of all, bytes kept of a longer
--       one, a new ULID without its prefix (the era, where there is none), 1 = what stands in the worker's list only
-- Returns what stands in the worker's list, from its head.
-- include: _number.lua
-- include: _huge.lua
local STAMPED, STANDS_IN, STAMP_BYTES = '{"stamped":"', '{"too_long":', 60
local ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
local longest, room = tonumber(ARGV[2]), tonumber(ARGV[3])
local count = redis.call('HMGET', KEYS[3], 'era', 'taken', 'from', 'next')
local era, taken = count[1], number(count[2])
if not era or #era ~= 26 or string.find(era, '%W') or not string.find(count[2] or '', '^%d+$') or #count[2] > 15 then
    era, taken, count[3] = ARGV[5], 0, false
end
local new = era ~= count[1]

local function begins(item, with) return string.sub(item, 1, #with) == with end

local function stamp(item)
    if count[3] and taken >= number(count[3]) then -- what came after the rebuild that said so
        era, count[3], new = count[4] or ARGV[5], false, true
        redis.call('HDEL', KEYS[3], 'from', 'next')
    end
    local sum, id = redis.sha1hex(string.format('%s %.0f ', era, taken) .. item), string.sub(era, 1, 10)
    for i = 1, 16 do
        local five = tonumber(string.sub(sum, 2 * i - 1, 2 * i), 16) % 32
        id = id .. string.sub(ALPHABET, five + 1, five + 1)
    end
    taken = taken + 1
    if begins(item, '\239\187\191') then item = string.sub(item, 4) end -- a byte order mark, which is none within a text
    return string.format('%sop_%s","request":', STAMPED, id) .. item .. '}'
end

local function stand_in(item)
    local function hex(c) return string.format('%02x', string.byte(c)) end
    local beginning = string.gsub(string.sub(item, 1, tonumber(ARGV[4])), '.', hex)
    return string.format('%s%.0f,"begins":"%s"}', STANDS_IN, #item, beginning)
end

if not redis.call('SET', KEYS[4], '1', 'NX') and redis.call('TYPE', KEYS[4]).ok == 'list' then
    while redis.call('LMOVE', KEYS[4], KEYS[1], 'RIGHT', 'LEFT') do end
    redis.call('SET', KEYS[4], '1')
end
shrink(KEYS[2])
local items, before = {}, taken
for i = 0, tonumber(ARGV[1]) - 1 do
    if room <= 0 then break end
    local item = redis.call('LINDEX', KEYS[2], i)
    if not item and ARGV[6] ~= '1' and is_huge(KEYS[1]) then redis.call('RPUSH', KEYS[2], huge_stand_in(KEYS[1])) end
    item = item or redis.call('LINDEX', KEYS[2], i)
    if not item and ARGV[6] ~= '1' then item = redis.call('LMOVE', KEYS[1], KEYS[2], 'LEFT', 'RIGHT') end
    if not item then break end
    local bare = item
    if #item > longest + (begins(item, STAMPED) and STAMP_BYTES or 0) then
        room = 0 -- one such at a time: it has cost enough
        item = stand_in(item)
    elseif not begins(item, STAMPED) and not begins(item, STANDS_IN) then
        item = stamp(item)
    end
    if item ~= bare then redis.call('LSET', KEYS[2], i, item) end
    items[#items + 1], room = item, room - #item
end
if new or taken ~= before then redis.call('HSET', KEYS[3], 'era', era, 'taken', string.format('%.0f', taken)) end
if room <= 0 then collectgarbage() end
return items
