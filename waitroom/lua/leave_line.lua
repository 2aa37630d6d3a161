-- leave_line: gives up the identity's place, waiting or called. Leaving the lobby leaves no trace: whoever comes back
-- before the opening has the same place and the same score.
-- KEYS[1] epoch, [2] settings, [3] to [8] as in standing.lua, [9] unrecorded
-- ARGV[2] base of the identity's places
-- Replies {'LEFT', entry} | {'LEFT_LOBBY'} | {'NOTHING'} (no live place)
local stands = standing(ARGV[2])
local kind, place, sid = stands[1], stands[2], ''
if kind == 'SLOT' then
  sid = stands[3]
  redis.call('ZREM', KEYS[5], sid)
  redis.call('HDEL', KEYS[6], sid)
  redis.call('HDEL', KEYS[7], place)
elseif kind == 'QUEUED' then
  redis.call('ZREM', KEYS[3], place)
  redis.call('ZREM', KEYS[4], place)
  if not has_opened(redis.call('HGET', KEYS[2], 'opens_at')) then
    return {'LEFT_LOBBY'}
  end
else
  return {'NOTHING'}
end
local gone = 'left'
if sid ~= '' and stands[5] == '' then
  gone = 'finished'
end
redis.call('HSET', KEYS[8], ARGV[2], string.sub(place, -4) .. ' ' .. gone)
return {'LEFT', redis.call('XADD', KEYS[9], '*', 'kind', 'ended', 'at', string.format('%.0f', now), 'epoch', epoch, 'place', place, 'sid', sid, 'reason', gone)}
