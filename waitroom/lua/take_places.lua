-- take_places: what a tick does with the places it takes. A chunk, after places and settle_credit.
-- KEYS[4] side, [5] slots, [6] admissions, [7] places, [9] unrecorded, [11] aside, [12] seen, [19] credit
-- Whatever is done to many is written at once: a call costs one command, not six.
local function tell(kind, ...)
  redis.call('XADD', KEYS[9], '*', 'kind', kind, 'at', text(now), 'epoch', epoch, ...)
end

-- {place, score...} that were absent: they keep their scores until they come back.
local function set_aside(absent, grace_s)
  local due, fields, places = text(now + grace_s * 1000), {}, {}
  for i = 1, #absent, 2 do
    fields[i], fields[i + 1] = absent[i], absent[i + 1] .. ' ' .. due
    places[#places + 1] = absent[i]
  end
  redis.call('HSET', KEYS[11], unpack(fields))
  tell('aside', 'until', due, 'places', table.concat(absent, ' '))
  moved('aside', table.concat(places, ' '))
end

-- {place, score, source...} that are present, in order: each gets a slot, and a sid by its number.
local function call(present, prefix, claim_window_s, allowance)
  local lives_until = text(now + claim_window_s * 1000 + allowance)
  local record = ',"called":' .. text(now) .. ',"due":0,"claimed":0,"issued":0,"expires":0,"unused_until":0,"entry":""}'
  local slots, admissions, sids, places = {}, {}, {}, {}
  for i = 1, #present, 3 do
    local n, place, score, source = #places, present[i], present[i + 1], present[i + 2]
    local sid = prefix .. string.format('%04x', n)
    slots[2 * n + 1], slots[2 * n + 2] = lives_until, sid
    admissions[2 * n + 1], admissions[2 * n + 2] = sid, '{"place":"' .. place .. '","score":"' .. score .. '","source":"' .. source .. '"' .. record
    sids[2 * n + 1], sids[2 * n + 2] = place, sid
    places[n + 1] = place
  end
  redis.call('ZADD', KEYS[5], unpack(slots))
  redis.call('HSET', KEYS[6], unpack(admissions))
  redis.call('HSET', KEYS[7], unpack(sids))
  redis.call('HINCRBY', KEYS[19], 'units', -#places * UNITS_A_CALL)
  redis.call('HINCRBY', KEYS[19], 'calls', #places)
  tell('called', 'sids', prefix, 'lives_until', lives_until, 'calls', table.concat(present, ' '))
  moved('called', table.concat(places, ' '))
end
