-- leave_line: gives up the identity's place, waiting, set aside or called. Who leaves the lobby and comes back before the
-- opening has the same place and the same score.
-- KEYS[1] epoch, [2] settings, [3] to [17] as in standing.lua and places.lua
-- ARGV[2] base of the identity's places
-- Replies {'LEFT', entry} | {'NOTHING'} (no live place)
local stands = standing(ARGV[2])
local kind, place, sid, gone = stands[1], stands[2], '', 'left'
if kind == 'SLOT' then
  sid = stands[3]
  redis.call('ZREM', KEYS[5], sid)
  redis.call('HDEL', KEYS[6], sid)
  redis.call('HDEL', KEYS[7], place)
  gone = stands[5] == '' and 'finished' or gone
elseif kind == 'QUEUED' then
  local raw = raw_of(stands[3])
  redis.call('ZREM', KEYS[3], place)
  redis.call('ZREM', KEYS[4], place)
  if not has_opened(redis.call('HGET', KEYS[2], 'opens_at')) then
    gone = 'left_lobby'
  elseif stands[5] == 'front' and raw < LAP then
    left_queue({text(raw), place})
  end
elseif kind == 'ASIDE' then
  redis.call('HDEL', KEYS[11], place)
else
  return {'NOTHING'}
end
ended(place, gone)
return {'LEFT', redis.call('XADD', KEYS[9], '*', 'kind', 'ended', 'at', text(now), 'epoch', epoch, 'place', place, 'sid', sid, 'reason', gone)}
