-- end_admission: the visitor says that they are done shopping. Idempotent by sid.
-- KEYS[1] epoch, [3] to [17] as in standing.lua and places.lua
-- ARGV[2] sid
-- Replies {'ENDED', entry} | {'GONE'} (it had no slot any more)
local sid = ARGV[2]
if redis.call('ZREM', KEYS[5], sid) == 0 then
  return {'GONE'}
end
local found = redis.call('HGET', KEYS[6], sid)
local place = ''
if found then
  place = cjson.decode(found).place
  redis.call('HDEL', KEYS[6], sid)
  redis.call('HDEL', KEYS[7], place)
  ended(place, 'finished')
end
return {'ENDED', redis.call('XADD', KEYS[9], '*', 'kind', 'finished', 'at', string.format('%.0f', now), 'epoch', epoch, 'place', place, 'sid', sid)}
