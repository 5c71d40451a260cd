-- Everything of ours at one moment: lists, sorted sets, texts and hashes. It changes nothing.
-- KEYS: workers, ops, then lists, sorted sets, texts, hashes
-- ARGV: lists, sorted sets, texts, entries of each list and set to read at most, "1": the whole (`ops` as well, and a hash of
--       another type fails; else it has no fields)
-- Returns: the time in ms, workers with their beats, ops, then lists {length, entries}, sorted sets {length, members with
--          their scores}, texts, hashes {TTL, fields}, in the order of their keys.
-- include: _huge.lua
local time = redis.call('TIME')
local last_list = 2 + tonumber(ARGV[1])
local last_set = last_list + tonumber(ARGV[2])
local last_text = last_set + tonumber(ARGV[3])
local most, whole = tonumber(ARGV[4]), ARGV[5] == '1'
local lists, sets, texts, hashes = {}, {}, {}, {}
local FIELDS = { 'gen', 'timeline', 'version', 'chunk', 'window', 'out', 'dues', 'next_seq', 'last_seq', 'total', 'completed',
    'succeeded', 'failed', 'skipped', 'cancelled_jobs', 'state', 'cancelled' }
-- What is longer than any of ours, which may be gigabytes, counts as missing.
local function readable(key)
    local fields = {}
    for i, field in ipairs(FIELDS) do
        local length = redis.pcall('HSTRLEN', key, field)
        fields[i] = type(length) == 'number' and length > 64 and 'too long: ' .. field or field
    end
    return fields
end
for k = 3, last_list do
    local length = redis.call('LLEN', KEYS[k])
    lists[k - 2] = { length, (length == 0 or most == 0 or looks_huge(KEYS[k])) and {} or redis.call('LRANGE', KEYS[k], 0, most - 1) }
end
for k = last_list + 1, last_set do
    sets[k - last_list] = { redis.call('ZCARD', KEYS[k]),
        most == 0 and {} or redis.call('ZRANGE', KEYS[k], 0, most - 1, 'WITHSCORES') }
end
for k = last_set + 1, last_text do
    local length = redis.pcall('STRLEN', KEYS[k])
    texts[k - last_set] = not (type(length) == 'number' and length > 65536) and redis.call('GET', KEYS[k])
end
for k = last_text + 1, #KEYS do
    local fields = (whole and redis.call or redis.pcall)('HMGET', KEYS[k], unpack(readable(KEYS[k])))
    hashes[k - last_text] = { redis.call('TTL', KEYS[k]), fields.err and {} or fields }
end
return { time[1] * 1000 + math.floor(time[2] / 1000), redis.call('ZRANGE', KEYS[1], 0, -1, 'WITHSCORES'),
         whole and redis.call('SMEMBERS', KEYS[2]) or {}, lists, sets, texts, hashes }
