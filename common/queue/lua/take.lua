-- Moves up to n chunks from the head of a queue to a worker's active list.   KEYS: queue, active
-- ARGV: n (<= 1000), 'first' = only a person's single requests, which stand near the head; '' = whatever comes
local chunks = {}
if ARGV[2] == 'first' then
    for _, chunk in ipairs(redis.call('LRANGE', KEYS[1], 0, 31)) do
        if #chunks == tonumber(ARGV[1]) then break end
        if string.sub(chunk, -11) == ',"first":1}' then
            redis.call('LREM', KEYS[1], 1, chunk)
            redis.call('RPUSH', KEYS[2], chunk)
            chunks[#chunks + 1] = chunk
        end
    end
    return chunks
end
for i = 1, math.min(tonumber(ARGV[1]), 1000) do
    local chunk = redis.call('LMOVE', KEYS[1], KEYS[2], 'LEFT', 'RIGHT')
    if not chunk then break end
    if #chunk > 255 then -- no chunk is so long: its beginning is told, and it is nowhere any more
        redis.call('LREM', KEYS[2], -1, chunk)
        chunk = string.sub(chunk, 1, 300)
    end
    chunks[i] = chunk
end
return chunks
