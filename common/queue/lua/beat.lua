-- A worker lives: its heartbeat, what it really holds, and what it should know. O(queues x what one worker holds).
-- KEYS: workers, worker, epoch, beats, then for each queue: queue, active, delayed
-- ARGV: worker id, description (JSON), after how many ms without a beat a worker is silent, offset and number of the silent
--       workers wanted, then for each queue: n, n chunks that it holds, m, m chunks that it
--       was told of before and still does not know: these go back to the head of their queue (I6).
-- Returns: epoch (or false), beats, silent workers (the latest first), then for each queue: entries unknown to the worker, operations that are due.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZADD', KEYS[1], now, ARGV[1])
redis.call('SET', KEYS[2], ARGV[2], 'PX', ARGV[3])
local answer = { redis.call('GET', KEYS[3]), redis.call('INCR', KEYS[4]),
                 redis.call('ZREVRANGEBYSCORE', KEYS[1], now - ARGV[3], '-inf', 'LIMIT', ARGV[4], ARGV[5]) }
local a = 6
for k = 5, #KEYS, 3 do
    local queue, active, delayed = KEYS[k], KEYS[k + 1], KEYS[k + 2]
    local held = {}
    for i = 1, tonumber(ARGV[a]) do held[ARGV[a + i]] = true end
    a = a + tonumber(ARGV[a]) + 1
    for i = 1, tonumber(ARGV[a]) do
        local chunk = ARGV[a + i]
        if not held[chunk] and redis.call('LREM', active, 1, chunk) == 1 then redis.call('LPUSH', queue, chunk) end
    end
    a = a + tonumber(ARGV[a]) + 1
    local unknown = {}
    for _, chunk in ipairs(redis.call('LRANGE', active, 0, -1)) do
        if held[chunk] then held[chunk] = nil else unknown[#unknown + 1] = chunk end
    end
    answer[#answer + 1] = unknown
    answer[#answer + 1] = redis.call('ZRANGEBYSCORE', delayed, '-inf', now, 'LIMIT', 0, 100)
end
return answer
