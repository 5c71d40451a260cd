-- A worker lives: its heartbeat, what it really holds, and what it should know. O(queues x what one worker holds).
-- KEYS: workers, worker, epoch, beats, then for each queue: queue, active, delayed
-- ARGV: worker id, description (JSON), after how many ms without a beat a worker is silent, offset and number of the silent
--       workers wanted, then for each queue: n, n chunks that it holds, m, m chunks that it
--       was told of before and still does not know: these go back to the head of their queue (I6).
-- Returns: how many entries were dropped that no program of ours writes, beats, silent workers (the latest first), then for each
--       queue: entries unknown to the worker, operations that are due.
-- include: _id.lua
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZADD', KEYS[1], now, ARGV[1])
redis.call('SET', KEYS[2], ARGV[2], 'PX', ARGV[3])
local DAY = 24 * 60 * 60 * 1000
local dropped = redis.call('ZREMRANGEBYSCORE', KEYS[1], now + DAY, '+inf') -- no worker beats so far ahead
-- Any client can make up any number of ids. Those that are farthest from now go; a list that one of them has is found again
-- by the walk over all keys (adopt).
local MOST = 2000
local past, ahead = redis.call('ZCOUNT', KEYS[1], '-inf', now) - MOST, redis.call('ZCOUNT', KEYS[1], '(' .. now, '+inf') - MOST
if past > 0 then dropped = dropped + redis.call('ZREMRANGEBYRANK', KEYS[1], 0, past - 1) end
if ahead > 0 then dropped = dropped + redis.call('ZREMRANGEBYRANK', KEYS[1], -ahead, -1) end
local answer = { 0, redis.call('INCR', KEYS[4]), {} }
for _, id in ipairs(redis.call('ZREVRANGEBYSCORE', KEYS[1], now - ARGV[3], '-inf', 'LIMIT', ARGV[4], ARGV[5])) do
    if is_id(id) then
        answer[3][#answer[3] + 1] = id
    else
        dropped = dropped + redis.call('ZREM', KEYS[1], id)
    end
end
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
    for _, chunk in ipairs(redis.call('LRANGE', active, 0, 9999)) do
        if #chunk > 255 or string.find(chunk, '%z') then
            dropped = dropped + redis.call('LREM', active, 0, chunk)
        elseif held[chunk] then held[chunk] = nil else unknown[#unknown + 1] = chunk end
    end
    answer[#answer + 1] = unknown
    dropped = dropped + redis.call('ZREMRANGEBYSCORE', delayed, 1e15, '+inf')
    local due = {}
    for _, op in ipairs(redis.call('ZRANGEBYSCORE', delayed, '-inf', now, 'LIMIT', 0, 100)) do
        if is_id(op) then
            due[#due + 1] = op
        else
            dropped = dropped + redis.call('ZREM', delayed, op)
        end
    end
    answer[#answer + 1] = due
end
answer[1] = dropped
return answer
