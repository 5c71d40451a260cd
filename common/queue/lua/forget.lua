-- An operation's hash that says what cannot be so goes, whatever it is; a client's wish to cancel stays.   KEYS: hash
local key = KEYS[1]
local wish = redis.call('TYPE', key).ok == 'hash' and redis.call('HGET', key, 'cancelled') == 'true'
redis.call('DEL', key)
if wish then redis.call('HSET', key, 'cancelled', 'true') end
return 1
