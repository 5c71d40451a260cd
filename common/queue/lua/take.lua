-- Moves chunks from the head of a queue to a worker's active list, for n executors.   KEYS: queue, active
-- ARGV: n (<= 1000), 'first' = only a person's single requests, which stand near the head; '' = whatever comes; how many single
--       requests one executor takes (nothing = 1)
local chunks, most, together = {}, math.min(tonumber(ARGV[1]), 1000), tonumber(ARGV[3] or '1')
local function is_single(chunk) return string.sub(chunk, -11) == ',"first":1}' end
if ARGV[2] == 'first' then
    for _, chunk in ipairs(redis.call('LRANGE', KEYS[1], 0, 31)) do
        if #chunks == most * together then break end
        if is_single(chunk) then
            redis.call('LREM', KEYS[1], 1, chunk)
            redis.call('RPUSH', KEYS[2], chunk)
            chunks[#chunks + 1] = chunk
        end
    end
    return chunks
end
local taken, singles = 0, together -- executors that have something; single requests of the last of them, if it may have more
while true do
    if singles >= together then
        if taken >= most then break end
    elseif taken >= most and not is_single(redis.call('LINDEX', KEYS[1], 0) or '') then
        break
    end
    local chunk = redis.call('LMOVE', KEYS[1], KEYS[2], 'LEFT', 'RIGHT')
    if not chunk then break end
    if is_single(chunk) and singles < together then
        singles = singles + 1
    else
        taken, singles = taken + 1, is_single(chunk) and 1 or together
    end
    if #chunk > 255 then -- no chunk is so long: its beginning is told, and it is nowhere any more
        redis.call('LREM', KEYS[2], -1, chunk)
        chunk = string.sub(chunk, 1, 300)
    end
    chunks[#chunks + 1] = chunk
end
return chunks
