-- A list that is a worker's, of whom `workers` may not know: then he is entered there, and reaped if he is silent. Where no
-- worker has such a name, what stands there goes back at once.
-- KEYS: workers, list, where its entries belong   ARGV: worker id, '' = it is none
-- Returns: 1 he was unknown, 0 he was known, or how many entries went back.
if ARGV[1] ~= '' then
    local time = redis.call('TIME')
    return redis.call('ZADD', KEYS[1], 'NX', time[1] * 1000 + math.floor(time[2] / 1000), ARGV[1])
end
local moved = 0
while moved < 1000 and redis.call('LMOVE', KEYS[2], KEYS[3], 'RIGHT', 'LEFT') do moved = moved + 1 end
return moved
