-- renew_admission: a fresh token for a slot that lives, up to the longest session the drop allows.
-- KEYS[1] epoch, [2] settings, [3] to [8] as in standing.lua, [9] unrecorded
-- ARGV[2] sid   ARGV[3] a token's lifetime, ms
-- Replies {'RENEWED', now, sid, issued at, expires at (ms), entry} | {'OVER'}
local sid = ARGV[2]
local lives_until = tonumber(redis.call('ZSCORE', KEYS[5], sid) or 0)
local found = redis.call('HGET', KEYS[6], sid)
if lives_until <= now or not found then
  return {'OVER'}
end
local record = cjson.decode(found)
local session_ends = record.claimed + redis.call('HGET', KEYS[2], 'session_max_s') * 1000
local issued = now - now % 1000 -- tokens tell time in whole seconds
local expires = math.min(issued + ARGV[3], session_ends - session_ends % 1000)
if record.claimed == 0 or expires <= now then
  return {'OVER'}
end
lives_until = math.max(lives_until, expires)
record.issued, record.expires = issued, expires
redis.call('ZADD', KEYS[5], 'XX', lives_until, sid)
record.entry = redis.call('XADD', KEYS[9], '*', 'kind', 'renewed', 'at', string.format('%.0f', now), 'epoch', epoch, 'place', record.place, 'sid', sid, 'lives_until', string.format('%.0f', lives_until))
redis.call('HSET', KEYS[6], sid, cjson.encode(record))
return {'RENEWED', now, sid, string.format('%.0f', issued), string.format('%.0f', expires), record.entry}
