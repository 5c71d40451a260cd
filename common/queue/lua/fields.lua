-- Some fields of a hash, as HMGET has them. What is longer than any of ours, which may be gigabytes, is removed unread.
-- KEYS: hash   ARGV: fields
for _, field in ipairs(ARGV) do
    if redis.call('HSTRLEN', KEYS[1], field) > 64 then redis.call('HDEL', KEYS[1], field) end
end
return redis.call('HMGET', KEYS[1], unpack(ARGV))
