-- What a dead worker held goes back: to the head of its queue, or to the suspects if a fatal signal ended it.
-- Its id stays in `workers` for a day, for a BLMOVE may fill its list late; then it goes, if the lists are empty.
-- KEYS: workers, worker, inbox, inbox active, then for each queue: active, target
-- ARGV: worker id, how long without a beat is dead in ms (0 = it was seen dead), 'suspect', 'ended' (it ended by itself, and
--       goes from `workers` in 10 s: no list shows it as one that crashed) or '', forget after ms
-- Returns the chunks that were moved.
-- include: _huge.lua
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local id, dead_ms = ARGV[1], tonumber(ARGV[2])
local last = tonumber(redis.call('ZSCORE', KEYS[1], id) or '0')
if dead_ms > 0 and (redis.call('EXISTS', KEYS[2]) == 1 or now - last < dead_ms) then return {} end
if dead_ms == 0 then
    redis.call('DEL', KEYS[2])
    redis.call('ZADD', KEYS[1], 'NX', now, id)
end
local moved = {}
shrink(KEYS[4])
while redis.call('LMOVE', KEYS[4], KEYS[3], 'RIGHT', 'LEFT') do end
for k = 5, #KEYS, 2 do
    local chunk = redis.call('RPOP', KEYS[k])
    while chunk do
        if #chunk <= 255 then moved[#moved + 1] = chunk end
        if #chunk > 255 then -- no chunk is so long
        elseif ARGV[3] == 'suspect' and string.sub(chunk, 1, 6) == '{"by":' then
            redis.call('RPUSH', KEYS[k + 1], chunk) -- a suspect already: who loaded it is known
        elseif ARGV[3] == 'suspect' then
            redis.call('RPUSH', KEYS[k + 1], '{"by":"' .. id .. '",' .. string.sub(chunk, 2))
        else
            redis.call('LPUSH', KEYS[k + 1], chunk)
        end
        chunk = redis.call('RPOP', KEYS[k])
    end
end
if ARGV[3] == 'ended' then redis.call('ZADD', KEYS[1], now - tonumber(ARGV[4]) + 10000, id) end
if last > 0 and now - last > tonumber(ARGV[4]) then redis.call('ZREM', KEYS[1], id) end
return moved
