-- Fills an operation's window: chunks go into its queue while fewer than `window` of them are outstanding (I9). Those of a
-- person's single request go to the head, and say so: a worker keeps an executor for them.
local function feed(key, queue, op)
    local h = redis.call('HMGET', key, 'gen', 'next_seq', 'last_seq', 'chunk', 'window', 'out', 'state', 'cancelled', 'head')
    if h[7] ~= 'running' or h[8] == 'true' then return 0 end
    local next_seq, last, size = number(h[2]), number(h[3]), number(h[4])
    local window, out, pushed = number(h[5]), number(h[6]), 0
    if next_seq < 1 or size < 1 or window > 100000 then return 0 end -- written over: the sweep finds it
    local push, mark = 'RPUSH', ''
    if h[9] == '1' then push, mark = 'LPUSH', ',"first":1' end
    while out < window and next_seq <= last do
        local to = math.min(next_seq + size - 1, last)
        redis.call(push, queue, string.format('{"op":"%s","gen":%s,"from":%.0f,"to":%.0f,"w":1%s}', op, h[1], next_seq, to, mark))
        next_seq, out, pushed = to + 1, out + 1, pushed + 1
    end
    if pushed > 0 then redis.call('HSET', key, 'next_seq', string.format('%.0f', next_seq), 'out', out) end
    return pushed
end

-- The operation's due time, as a delay from now in ms (negative = none); times only move earlier.
local function arm(delayed, op, delay_ms)
    if delay_ms < 0 then return end
    local time = redis.call('TIME')
    redis.call('ZADD', delayed, 'LT', time[1] * 1000 + math.floor(time[2] / 1000) + delay_ms, op)
end
