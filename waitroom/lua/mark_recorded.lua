-- mark_recorded: the ledger knows these entries now. Calls become claimable and their claim window begins; admissions
-- that booking ended are cleared away; the entries leave the stream.
-- KEYS[1] epoch, [2] settings, [3] to [17] as in standing.lua and places.lua
-- ARGV[2] the epoch in which the entries were read   ARGV[3] id of the last of them
-- Replies {'MARKED', calls that became claimable} | {'STALE'} (another epoch: read again)
if epoch ~= tonumber(ARGV[2]) then
  return {'STALE'}
end
local due = text(now + redis.call('HGET', KEYS[2], 'claim_window_s') * 1000)
local claimable = {}

-- `calls` is 'place score source place score source...', and the sids are numbered.
local function called(prefix, calls)
  local sids, places = {}, {}
  for place in string.gmatch(calls, '(%S+) %S+ %S+') do
    sids[#sids + 1], places[#places + 1] = prefix .. string.format('%04x', #sids), place
  end
  local records, slots = {}, {}
  for i, record in ipairs(redis.call('HMGET', KEYS[6], unpack(sids))) do
    local marked, is_new = string.gsub(record or '', '"due":0([,}])', '"due":' .. due .. '%1', 1)
    if is_new == 1 then
      records[#records + 1], slots[#slots + 1] = sids[i], due
      records[#records + 1], slots[#slots + 1] = marked, sids[i]
      claimable[#claimable + 1] = places[i]
    end
  end
  if #records > 0 then
    redis.call('HSET', KEYS[6], unpack(records))
    redis.call('ZADD', KEYS[5], 'XX', unpack(slots))
  end
end

local function finished(sid)
  local found = redis.call('HGET', KEYS[6], sid)
  if found then
    local place = cjson.decode(found).place
    redis.call('HDEL', KEYS[6], sid)
    redis.call('HDEL', KEYS[7], place)
    ended(place, 'finished')
  end
end

for _, entry in ipairs(redis.call('XRANGE', KEYS[9], '-', ARGV[3], 'COUNT', 1000)) do
  local field = {}
  for i = 1, #entry[2], 2 do
    field[entry[2][i]] = entry[2][i + 1]
  end
  if field.kind == 'called' then
    called(field.sids, field.calls)
  elseif field.kind == 'finished' then
    finished(field.sid)
  end
  redis.call('XDEL', KEYS[9], entry[1])
end
if #claimable > 0 then
  moved('claimable', table.concat(claimable, ' '), due)
end
return {'MARKED', #claimable}
