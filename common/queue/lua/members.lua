-- One step of a walk over the operations in `ops`; what is no operation's id goes.
-- KEYS: ops   ARGV: cursor, members at a step   Returns: cursor, ids, how many others there were.
-- include: _id.lua
local step, ids, others = redis.call('SSCAN', KEYS[1], ARGV[1], 'COUNT', ARGV[2]), {}, 0
for _, id in ipairs(step[2]) do
    if is_id(id) then
        ids[#ids + 1] = id
    else
        redis.call('SREM', KEYS[1], id)
        others = others + 1
    end
end
return { step[1], ids, others }
