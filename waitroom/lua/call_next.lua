-- call_next: frees lapsed slots, then calls the next places for which there are credit and slots: from the side list,
-- then from the front. Any replica may run it at any time: what it decides, it decides at once.
-- KEYS[1] epoch, [2] settings, [3] to [8] as in standing.lua, [9] unrecorded, [10] arrivals, [11] frontier, [12] credit,
-- [13] health (of booking: no stock, no calls; unknown for 3 s, or never known, is no limit)
-- ARGV[2] the first 32 characters of the sids it may give   ARGV[3] most places to call, at most 200
-- ARGV[4] how long the ledger may take to learn of a call, ms: room in the slot's first bound
-- Replies {'CALLED', now, epoch, called, freed, waiting, active, opened, frontier, calls so far}
local freed = free_lapsed()
local units, calling = settle_credit()
local set = redis.call('HMGET', KEYS[2], 'max_active', 'claim_window_s', 'opens_at')
local health = redis.call('HMGET', KEYS[13], 'at', 'free')
local sold_out = health[1] and now - tonumber(health[1]) <= 3000 and tonumber(health[2]) == 0
local room = math.min(tonumber(ARGV[3]), math.floor(units / UNITS_A_CALL), set[1] - redis.call('ZCARD', KEYS[5]))
local frontier = redis.call('GET', KEYS[11]) or '-1'
local called = 0
local at, lives_until = string.format('%.0f', now), string.format('%.0f', now + set[2] * 1000 + ARGV[4])
local slots, admissions, places = {}, {}, {} -- written at once: a call costs one command, not four

local function call(place, score, source)
  local sid = ARGV[2] .. string.format('%04x', called)
  called = called + 1
  local record = {place = place, score = score, source = source, called = now, due = 0, claimed = 0, issued = 0, expires = 0, unused_until = 0, entry = ''}
  slots[2 * called - 1], slots[2 * called] = lives_until, sid
  admissions[2 * called - 1], admissions[2 * called] = sid, cjson.encode(record)
  places[2 * called - 1], places[2 * called] = place, sid
  redis.call('XADD', KEYS[9], '*', 'kind', 'called', 'at', at, 'epoch', epoch, 'place', place, 'sid', sid, 'score', score, 'source', source, 'lives_until', lives_until)
end

if calling and not sold_out and room > 0 then
  local side = redis.call('ZPOPMIN', KEYS[4], room)
  for i = 1, #side, 2 do
    call(side[i], side[i + 1], 'side')
  end
  local front = called < room and redis.call('ZPOPMIN', KEYS[3], room - called) or {}
  for i = 1, #front, 2 do
    -- Put back after a loss, behind the frontier: called late, and the frontier stays.
    local late = tonumber(front[i + 1]) < tonumber(frontier)
    call(front[i], front[i + 1], late and 'late' or 'front')
    frontier = late and frontier or front[i + 1]
  end
  if called > 0 then
    redis.call('ZADD', KEYS[5], unpack(slots))
    redis.call('HSET', KEYS[6], unpack(admissions))
    redis.call('HSET', KEYS[7], unpack(places))
    redis.call('SET', KEYS[11], frontier)
    redis.call('HINCRBY', KEYS[12], 'units', -called * UNITS_A_CALL)
    redis.call('HINCRBY', KEYS[12], 'calls', called)
  end
end
local opened = set[3] and set[3] ~= '' and now >= tonumber(set[3])
return {'CALLED', now, epoch, called, freed, redis.call('ZCARD', KEYS[3]) + redis.call('ZCARD', KEYS[4]), redis.call('ZCARD', KEYS[5]), opened and 1 or 0, frontier, redis.call('HGET', KEYS[12], 'calls') or 0}
