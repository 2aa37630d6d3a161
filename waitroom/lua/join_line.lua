-- join_line: gives an identity its place. However often it is asked for, an identity has one.
-- KEYS[1] epoch, [2] settings, [3] to [17] as in standing.lua, places.lua and presence.lua
-- KEYS[14] passes: hash base -> pass   KEYS[15] passes due: sorted set of bases whose place goes to the side list
-- ARGV[2] base of the identity's places   ARGV[3] the score that the draw gives it, for the lobby
-- Replies {'HAD' | 'NEW', now, epoch, opened, waiting, side, turn, standing...} | {'NOT_OPEN'} | {'CLOSED'} | {'SERVED'}
local settings = redis.call('HMGET', KEYS[2], 'state', 'lobby_opens_at', 'opens_at', 'closes_at', 'rejoin')
local opened = has_opened(settings[3])
local stands = sighted(ARGV[2], now)
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
if stands[1] == 'GONE' and stands[3] == 'left_lobby' and not opened then
  -- The same place again: what ended last is the generation before it.
  redis.call('HDEL', KEYS[8], ARGV[2])
  if generation_of(place) > 0 then
    redis.call('HSET', KEYS[8], ARGV[2], string.format('%04x left', generation_of(place) - 1))
  end
  redis.call('XADD', KEYS[9], '*', 'kind', 'rejoined', 'at', text(now), 'epoch', epoch, 'place', place)
  moved('back', place)
elseif stands[1] == 'GONE' then
  if generation_of(place) == 65535 or (string.match(stands[3], '^finished') and settings[5] ~= '1') then
    return {'SERVED'}
  end
  place = of_generation(place, generation_of(place) + 1)
end
local raw = opened and arrive() or ARGV[3]
local score = text(turned(raw))
redis.call('ZADD', KEYS[3], 'NX', raw, place)
if is_tracked(score) then
  redis.call('ZADD', KEYS[12], now, place)
end
if redis.call('HEXISTS', KEYS[14], ARGV[2]) == 1 then
  redis.call('ZADD', KEYS[15], 0, ARGV[2])
end
return reply('NEW', opened, {'QUEUED', place, score, rank(place, tonumber(raw)), 'front'})
