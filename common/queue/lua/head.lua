-- Moves the queued chunks of one operation to the head of the queue, in their order: it was asked for again.
-- KEYS: hash, queue   ARGV: op
local prefix, moved = '{"op":"' .. ARGV[1] .. '",', {}
for _, chunk in ipairs(redis.call('LRANGE', KEYS[2], 0, 999)) do
    if string.sub(chunk, 1, #prefix) == prefix then moved[#moved + 1] = chunk end
end
for i = #moved, 1, -1 do
    if redis.call('LREM', KEYS[2], 1, moved[i]) == 1 then redis.call('LPUSH', KEYS[2], moved[i]) end
end
return #moved
