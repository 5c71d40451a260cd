-- Everything of ours at one moment, for the checker of the invariants: lists, sets and hashes. It changes nothing.
-- KEYS: workers, ops, then lists, sorted sets, hashes   ARGV: lists, sorted sets, entries of each to read at most
-- Returns: the time in ms, workers with their beats, ops, then lists {length, entries}, sorted sets
--          {members with their scores}, hashes {TTL, fields}, in the order of their keys.
local time = redis.call('TIME')
local last_list = 2 + tonumber(ARGV[1])
local last_set, most = last_list + tonumber(ARGV[2]), tonumber(ARGV[3]) - 1
local lists, sets, hashes = {}, {}, {}
for k = 3, last_list do
    local length = redis.call('LLEN', KEYS[k])
    lists[k - 2] = { length, length == 0 and {} or redis.call('LRANGE', KEYS[k], 0, most) }
end
for k = last_list + 1, last_set do sets[k - last_list] = redis.call('ZRANGE', KEYS[k], 0, most, 'WITHSCORES') end
for k = last_set + 1, #KEYS do
    hashes[k - last_set] = { redis.call('TTL', KEYS[k]),
        redis.call('HMGET', KEYS[k], 'gen', 'window', 'out', 'dues', 'timeline', 'version', 'total', 'completed', 'succeeded',
                   'failed', 'skipped', 'cancelled_jobs', 'state', 'cancelled') }
end
return { time[1] * 1000 + math.floor(time[2] / 1000), redis.call('ZRANGE', KEYS[1], 0, -1, 'WITHSCORES'),
         redis.call('SMEMBERS', KEYS[2]), lists, sets, hashes }
