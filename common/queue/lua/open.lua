-- Opens a generation of an operation: its hash and the first window. A generation that is not newer is a no-op for the
-- dispatch; state and counts obey their version in any case, so that an `open` that comes late cannot bring back the dead.
-- KEYS: hash, queue, ops, delayed   ARGV: op, generation, next_seq, last_seq, chunk, window, head (1 = to the head),
--       due delay in ms (-1 = none), events channel, block of 10 (_forward), then pairs of fixed fields.
-- include: _number.lua
-- include: _forward.lua
-- include: _feed.lua
local key, queue, op = KEYS[1], KEYS[2], ARGV[1]
local generation = tonumber(ARGV[2])
if redis.call('HEXISTS', key, 'gen') == 0 then
    redis.call('HSET', key, 'gen', 0, 'out', 0, 'dues', 0, 'retrying', 0, 'rate_per_s', '', 'eta_s', '')
    redis.call('HSETNX', key, 'cancelled', 'false')
    redis.call('PERSIST', key)
end
for i = 10 + BLOCK, #ARGV, 2 do redis.call('HSET', key, ARGV[i], ARGV[i + 1]) end
forward(key, 10)
redis.call('SADD', KEYS[3], op)
local opened = 0
if generation > number(redis.call('HGET', key, 'gen')) then
    redis.call('HSET', key, 'gen', generation, 'next_seq', ARGV[3], 'last_seq', ARGV[4], 'chunk', ARGV[5],
               'window', ARGV[6], 'out', 0, 'dues', 0, 'head', ARGV[7])
    feed(key, queue, op)
    arm(KEYS[4], op, tonumber(ARGV[8]))
    opened = 1
end
publish(ARGV[9], op, key)
return opened
