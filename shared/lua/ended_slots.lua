-- ended_slots: which of these admissions' slots have ended: lapsed, finished, or revoked.
-- KEYS[2] slots: sorted set sid -> lives until, ms
-- ARGV[2..] sids
-- Replies {'ENDED', now, sid...}
local ended = {'ENDED', now}
for index, lives_until in ipairs(redis.call('ZMSCORE', KEYS[2], unpack(ARGV, 2))) do
  if not lives_until or tonumber(lives_until) <= now then ended[#ended + 1] = ARGV[index + 1] end
end
return ended
