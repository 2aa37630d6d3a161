-- write_settings: puts a drop's settings in force. The credit is settled at the old rate first. An older version never
-- replaces a newer one, and an opening that has passed stays.
-- KEYS[1] epoch, [2] settings, [9] unrecorded, [13] horizon, [19] credit
-- ARGV[2] version   ARGV[3...] names and values
-- Replies {'WRITTEN', now} | {'KEPT', now} (Redis has this version or a newer one)
local LIMITS = {'rate_per_minute', 'burst', 'max_active', 'state', 'opens_at', 'closes_at'}
if tonumber(ARGV[2]) <= tonumber(redis.call('HGET', KEYS[2], 'version') or 0) then
  return {'KEPT', now}
end
settle_credit()
local before = redis.call('HMGET', KEYS[2], unpack(LIMITS))
local turn = redis.call('HGET', KEYS[2], 'turn') or '0'
redis.call('HSET', KEYS[2], 'version', ARGV[2], unpack(ARGV, 3))
if before[5] and before[5] ~= '' and now >= tonumber(before[5]) then
  redis.call('HSET', KEYS[2], 'opens_at', before[5])
end
-- Another salt, another order: everybody is reported on from now on, unless they always were.
local steps = redis.call('HGET', KEYS[13], 'steps')
if turn ~= (redis.call('HGET', KEYS[2], 'turn') or '0') and steps and string.match(steps, '^%d+') ~= '9007199254740992' then
  redis.call('DEL', KEYS[13])
  redis.call('HSET', KEYS[13], 'steps', string.format('9007199254740992 %.0f', now), 'track_below', '9007199254740992')
end
local after = redis.call('HMGET', KEYS[2], unpack(LIMITS))
for i = 1, #LIMITS do
  if before[i] ~= after[i] then
    redis.call('XADD', KEYS[9], '*', 'kind', 'limits', 'at', string.format('%.0f', now), 'epoch', epoch, LIMITS[1], after[1], LIMITS[2], after[2], LIMITS[3], after[3], LIMITS[4], after[4], LIMITS[5], after[5], LIMITS[6], after[6])
    break
  end
end
return {'WRITTEN', now}
