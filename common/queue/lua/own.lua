-- Whose everything under this prefix is. What has no owner becomes ours, and what was another's if that one is named; then nothing
-- vouches for the content any more (no epoch), so that it is rebuilt. What no program of ours writes counts as no owner.
-- KEYS: installation, epoch   ARGV: ours ('' = only look), the other whose place it takes ('' = none's)   Returns: whose it is now
local found = redis.call('GET', KEYS[1]) or ''
if #found > 99 or not string.find(found, '^[0-9a-f-]+@[0-9a-f]+%.[0-9a-f]+$') then found = '' end
if ARGV[1] == '' or found == ARGV[1] or found ~= '' and found ~= ARGV[2] then return found end
if found ~= '' then redis.call('DEL', KEYS[2]) end
redis.call('SET', KEYS[1], ARGV[1])
return ARGV[1]
