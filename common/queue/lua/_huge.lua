-- Entries of an inbox that are far too long, told without reading them: that takes seconds, in which nothing else is served.
-- (A request that may be taken has half as much at most.)
local HUGE = 32 * 1024 * 1024

-- What the nodes of a list take, of which so many are measured and the rest is taken to be like them (0 = all are). 0 where
-- that may not be asked.
local function usage(key, samples)
    local bytes = redis.pcall('MEMORY', 'USAGE', key, 'SAMPLES', samples)
    return type(bytes) == 'number' and bytes or 0
end

-- Of a list of short entries: whether it holds others, that are far too long.
local function looks_huge(key) return usage(key, '0') > HUGE + 1024 * redis.call('LLEN', key) end

-- Nodes are at most as many as entries; and an entry of one byte that stands before the first for a moment tells their number:
-- beside a long one it has a node of its own, which takes more than 40 bytes, and the list itself more than 60.
local function is_huge(key)
    local with_first = usage(key, '1')
    if with_first < HUGE then return false end
    redis.call('LPUSH', key, '-')
    local with_short = usage(key, '1')
    redis.call('LPOP', key)
    return with_first / math.min(redis.call('LLEN', key), math.max(1, (with_short - 60) / 40 - 1)) > HUGE
end

-- Takes the first entry out of its list, and returns what stands in for it: {"too_long":…} (claim.lua).
local function huge_stand_in(key)
    redis.call('LTRIM', key, 1, -1)
    return string.format('{"too_long":%.0f,"begins":""}', HUGE)
end

-- Puts that in the place of all such entries of a worker's list, which is short: it turns around once.
local function shrink(key)
    if usage(key, '0') < HUGE then return end
    for _ = 1, redis.call('LLEN', key) do
        if is_huge(key) then redis.call('LPUSH', key, huge_stand_in(key)) end
        redis.call('LMOVE', key, key, 'LEFT', 'RIGHT')
    end
end
