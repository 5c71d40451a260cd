-- A chunk goes from the active list back to the head of its queue, whole or in pieces (then nothing is lost between).
-- KEYS: active, target list   ARGV: chunk as it stands in the list, then what to push, in order
local removed = redis.call('LREM', KEYS[1], 1, ARGV[1])
if removed == 1 then
    for i = #ARGV, 2, -1 do redis.call('LPUSH', KEYS[2], ARGV[i]) end
end
return removed
