-- claim_slot: a called visitor picks up the admission. Claiming again gives the same one while its token lives, and a
-- fresh token after that while the slot lives.
-- KEYS[1] epoch, [2] settings, [3] to [17] as in standing.lua, places.lua and presence.lua
-- ARGV[2] base of the identity's places   ARGV[3] a token's lifetime, ms
-- Replies {'ADMITTED', now, sid, issued at, expires at (ms), entry} | {'WAITING', place} | {'OVER', place}
local stands = sighted(ARGV[2], now)
if stands[1] == 'QUEUED' then
  return {'WAITING', stands[2]}
elseif stands[1] ~= 'SLOT' or stands[5] == '' or tonumber(stands[5]) <= now then
  return {'OVER', stands[2]}
end
local place, sid, record = stands[2], stands[3], cjson.decode(stands[4])
if record.due == 0 then
  return {'WAITING', place} -- the ledger does not know this call yet
end
if record.expires <= now then
  local kind = record.claimed == 0 and 'claimed' or 'renewed'
  if record.claimed == 0 then
    record.claimed = now
  end
  local session_ends = record.claimed + redis.call('HGET', KEYS[2], 'session_max_s') * 1000
  -- Tokens tell time in whole seconds.
  record.issued = now - now % 1000
  record.expires = math.min(record.issued + ARGV[3], session_ends - session_ends % 1000)
  if record.expires <= now then
    return {'OVER', place}
  end
  local lives_until = math.max(record.expires, tonumber(stands[5]))
  if kind == 'claimed' then
    record.unused_until = lives_until
  end
  redis.call('ZADD', KEYS[5], 'XX', lives_until, sid)
  record.entry = redis.call('XADD', KEYS[9], '*', 'kind', kind, 'at', string.format('%.0f', now), 'epoch', epoch, 'place', place, 'sid', sid, 'lives_until', string.format('%.0f', lives_until))
  redis.call('HSET', KEYS[6], sid, cjson.encode(record))
end
return {'ADMITTED', now, sid, string.format('%.0f', record.issued), string.format('%.0f', record.expires), record.entry}
