-- mark_recorded: the ledger knows these entries now. Calls become claimable and their claim window begins; admissions
-- that booking ended are cleared away; the entries leave the stream.
-- KEYS[1] epoch, [2] settings, [3] to [8] as in standing.lua, [9] unrecorded
-- ARGV[2] the epoch in which the entries were read   ARGV[3] id of the last of them
-- Replies {'MARKED', calls that became claimable} | {'STALE'} (another epoch: read again)
if epoch ~= tonumber(ARGV[2]) then
  return {'STALE'}
end
local window = redis.call('HGET', KEYS[2], 'claim_window_s') * 1000
local claimable = 0

local function called(sid)
  local found = redis.call('HGET', KEYS[6], sid)
  local record = found and cjson.decode(found)
  if record and record.due == 0 then
    record.due = now + window
    redis.call('HSET', KEYS[6], sid, cjson.encode(record))
    redis.call('ZADD', KEYS[5], 'XX', record.due, sid)
    claimable = claimable + 1
  end
end

local function finished(sid)
  local found = redis.call('HGET', KEYS[6], sid)
  if found then
    local place = cjson.decode(found).place
    redis.call('HDEL', KEYS[6], sid)
    redis.call('HDEL', KEYS[7], place)
    redis.call('HSET', KEYS[8], string.sub(place, 1, -5), string.sub(place, -4) .. ' finished')
  end
end

for _, entry in ipairs(redis.call('XRANGE', KEYS[9], '-', ARGV[3], 'COUNT', 1000)) do
  local field = {}
  for i = 1, #entry[2], 2 do
    field[entry[2][i]] = entry[2][i + 1]
  end
  if field.kind == 'called' then
    called(field.sid)
  elseif field.kind == 'finished' then
    finished(field.sid)
  end
  redis.call('XDEL', KEYS[9], entry[1])
end
return {'MARKED', claimable}
