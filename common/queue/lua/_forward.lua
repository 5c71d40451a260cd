-- State and counts of an operation move forward only (I7): ordered by (timeline, version) of its tally.
-- The block begins at ARGV[i]: timeline, version, state, phase, total, succeeded, failed, skipped, cancelled_jobs, finished_at.
local BLOCK = 10

-- Jobs per second over the last seconds, smoothed; nothing is said before two seconds have passed.
local function rate(key, done, total)
    local time = redis.call('TIME')
    local now = time[1] * 1000 + math.floor(time[2] / 1000)
    local old = redis.call('HMGET', key, 'rate_at', 'rate_done', 'rate_per_s')
    if not old[1] then
        redis.call('HSET', key, 'rate_at', now, 'rate_done', done)
        return
    end
    local passed = now - number(old[1])
    if passed >= 0 and passed < 2000 then return end
    local fresh = (done - number(old[2])) * 1000 / passed
    local smooth = math.max(0, (old[3] and old[3] ~= '') and (0.5 * fresh + 0.5 * number(old[3])) or fresh)
    local eta = smooth > 0 and string.format('%.0f', (total - done) / smooth) or ''
    redis.call('HSET', key, 'rate_at', now, 'rate_done', done, 'rate_per_s', string.format('%.1f', smooth), 'eta_s', eta)
end

-- Returns true if the hash has moved, false if it knew as much or more (or there is no block). As much is written once more:
-- of one version there is one truth, whatever a client wrote over it.
local function forward(key, i)
    local timeline, version = number(ARGV[i]), number(ARGV[i + 1])
    if version == 0 then return false end
    local known = redis.call('HMGET', key, 'timeline', 'version')
    if number(known[1]) > timeline or (number(known[1]) == timeline and number(known[2]) > version) then return false end
    local moved = number(known[1]) ~= timeline or number(known[2]) ~= version
    local total, succeeded, failed = number(ARGV[i + 4]), number(ARGV[i + 5]), number(ARGV[i + 6])
    local skipped, gone = number(ARGV[i + 7]), number(ARGV[i + 8])
    local done = succeeded + failed + skipped
    redis.call('HSET', key, 'timeline', timeline, 'version', version, 'state', ARGV[i + 2], 'phase', ARGV[i + 3],
               'total', total, 'completed', done, 'succeeded', succeeded, 'failed', failed, 'skipped', skipped,
               'cancelled_jobs', gone, 'finished_at', ARGV[i + 9])
    if ARGV[i + 2] == 'cancelled' then redis.call('HSET', key, 'cancelled', 'true') end
    if moved then rate(key, done, total) end
    return moved
end

local function publish(channel, op, key)
    local h = redis.call('HMGET', key, 'state', 'completed', 'total', 'failed')
    redis.call('PUBLISH', channel, string.format('{"type":"progress","operation_id":"%s","state":"%s","completed":%s,"total":%s,"failed":%s}',
               op, h[1] or '', h[2] or '0', h[3] or '0', h[4] or '0'))
end
