-- touch_slot: whether an admission's slot still lives, and if so, that it lives at least until a given time.
-- KEYS[2] slots: sorted set sid -> lives until, ms
-- KEYS[3] settings: hash, written by waitroom
-- ARGV[2] sid   ARGV[3] lives until, ms, or a number below 10^9: so many seconds from now
-- Replies {'LIVE', now, state, hold_s, max_seats, cooldown_s} | {'ENDED', now}
local lives_until = redis.call('ZSCORE', KEYS[2], ARGV[2])
if not lives_until or tonumber(lives_until) <= now then
  return {'ENDED', now}
end
local wanted = tonumber(ARGV[3])
if wanted < 1000000000 then
  wanted = now + wanted * 1000
end
if wanted > tonumber(lives_until) then
  redis.call('ZADD', KEYS[2], 'XX', 'GT', wanted, ARGV[2])
end
local settings = redis.call('HMGET', KEYS[3], 'state', 'hold_s', 'max_seats', 'cooldown_s')
return {'LIVE', now, settings[1] or '', settings[2] or '', settings[3] or '', settings[4] or ''}
