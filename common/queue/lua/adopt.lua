-- A list of a worker that `workers` may not know: then it is entered there, and reaped if it is silent. Where no
-- worker has such a name, what stands there goes back at once.
-- KEYS: workers, list, where its entries belong   ARGV: worker id, '' = it is none
-- Returns: 1 it was unknown, 0 it was known, or how many entries went back.
if ARGV[1] ~= '' then
    local time = redis.call('TIME')
    return redis.call('ZADD', KEYS[1], 'NX', time[1] * 1000 + math.floor(time[2] / 1000), ARGV[1])
end
local moved = 0
while moved < 1000 and redis.call('LMOVE', KEYS[2], KEYS[3], 'RIGHT', 'LEFT') do moved = moved + 1 end
return moved
