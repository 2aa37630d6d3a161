-- spend_code: a code is good once.
-- KEYS[1] epoch, [2] code: the key of its digest, [3] slots, [4] admissions
-- Replies {'SPENT', what it was good for, issued at, expires at (ms)} | {'GONE'} (spent, too old, or the slot has ended)
local good_for = redis.call('GETDEL', KEYS[2])
if not good_for then
  return {'GONE'}
end
local sid = cjson.decode(good_for).sid
local lives_until = tonumber(redis.call('ZSCORE', KEYS[3], sid) or 0)
local found = redis.call('HGET', KEYS[4], sid)
if lives_until <= now or not found then
  return {'GONE'}
end
local record = cjson.decode(found)
return {'SPENT', good_for, string.format('%.0f', record.issued), string.format('%.0f', record.expires)}
