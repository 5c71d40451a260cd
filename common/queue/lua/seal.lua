-- The last step of a rebuild: the epoch, only in place of this rebuild's nonce; the counter goes on from where it was.
-- KEYS: epoch, beats   ARGV: nonce, epoch, beats
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2])
if tonumber(redis.call('GET', KEYS[2]) or '-1') < tonumber(ARGV[3]) then redis.call('SET', KEYS[2], ARGV[3]) end
return 1
