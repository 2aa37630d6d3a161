-- join_line: gives an identity its place. However often it is asked for, an identity has one.
-- KEYS[1] epoch, [2] settings, [3] to [8] as in standing.lua, [10] arrivals: counter of places taken after opening
-- ARGV[2] base of the identity's places   ARGV[3] the score that the draw gives it, for the lobby
-- Replies {'HAD' | 'NEW', now, epoch, opened, waiting, standing...} | {'NOT_OPEN'} | {'CLOSED'} | {'SERVED'}
local settings = redis.call('HMGET', KEYS[2], 'state', 'lobby_opens_at', 'opens_at', 'closes_at', 'rejoin')
local opened = has_opened(settings[3])
local stands = standing(ARGV[2])
if stands[1] == 'QUEUED' or stands[1] == 'SLOT' then
  return reply('HAD', opened, stands)
end
if settings[1] == 'closed' or (settings[4] ~= '' and now >= tonumber(settings[4])) then
  return {'CLOSED'}
end
if not opened and not has_opened(settings[2]) then
  return {'NOT_OPEN'}
end
local place = stands[2]
local score = ARGV[3]
if stands[1] == 'GONE' then
  local generation = tonumber(string.sub(place, -4), 16) + 1
  if generation > 65535 or (string.match(stands[3], '^finished') and settings[5] ~= '1') then
    return {'SERVED'}
  end
  place = ARGV[2] .. string.format('%04x', generation)
end
if opened then
  -- 2^52 + epoch * 2^36 + arrival: exact below 2^53, and no arrival counter repeats after a loss.
  score = string.format('%.0f', 4503599627370496 + epoch * 68719476736 + redis.call('INCR', KEYS[10]))
end
redis.call('ZADD', KEYS[3], 'NX', score, place)
return reply('NEW', opened, {'QUEUED', place, score, redis.call('ZRANK', KEYS[3], place), 'front'})
