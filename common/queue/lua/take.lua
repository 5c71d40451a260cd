-- Moves up to n chunks from the head of a queue to a worker's active list.   KEYS: queue, active   ARGV: n (<= 1000)
local chunks = {}
for i = 1, math.min(tonumber(ARGV[1]), 1000) do
    local chunk = redis.call('LMOVE', KEYS[1], KEYS[2], 'LEFT', 'RIGHT')
    if not chunk then break end
    chunks[i] = chunk
end
return chunks
