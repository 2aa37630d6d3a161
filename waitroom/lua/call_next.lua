-- call_next: frees lapsed slots, then calls the next places for which there are credit and slots: from the side list,
-- then from the front. Who is absent is set aside. Any replica may run it at any time: what it decides, it decides at once.
-- KEYS[1] epoch, [2] settings, [3] to [17] as in standing.lua and places.lua, [18] frontier, [19] credit
-- KEYS[20] health (of booking: no stock, no calls; unknown for 3 s, or never known, is no limit)
-- ARGV[2] the first 32 characters of the sids it may give   ARGV[3] most places to call   ARGV[4] most to look at
-- ARGV[5] how long the ledger may take to learn of a call, ms: room in the slot's first bound
-- ARGV[6] why nobody should have looked for more than a second, if nobody has
-- Replies {'CALLED', now, epoch, called, freed, set aside, looks, waiting, side, active, opened, frontier, calls so far}
local freed = free_lapsed()
local units, calling = settle_credit()
local set = redis.call('HMGET', KEYS[2], 'max_active', 'claim_window_s', 'opens_at', 'return_grace_s')
local health = redis.call('HMGET', KEYS[20], 'at', 'free')
local sold_out = health[1] and now - tonumber(health[1]) <= 3000 and tonumber(health[2]) == 0
local waits_ms = (tonumber(redis.call('HGET', KEYS[1], 'calling_from') or nil) or now) - now
local waits = sold_out or not calling or (waits_ms > 0 and waits_ms <= 5000) -- more: the clock was set back
local room = waits and 0 or math.min(tonumber(ARGV[3]), math.floor(units / UNITS_A_CALL), set[1] - redis.call('ZCARD', KEYS[5]))
local since, ticked = note_tick()
local opened = set[3] and set[3] ~= '' and now >= tonumber(set[3])
if opened then
  honour_passes()
end
local frontier = redis.call('GET', KEYS[18]) or '-1'
local called, set_aside_now, looks = 0, 0, 0
if room > 0 then
  local present, absent
  present, absent, looks, frontier = choose_places(room, tonumber(ARGV[4]), since, frontier)
  called, set_aside_now = #present / 3, #absent / 2
  if called > 0 and ticked and now - ticked > 1000 then
    tell('idle', 'since', text(ticked), 'reason', ARGV[6])
  end
  if set_aside_now > 0 then
    set_aside(absent, tonumber(set[4] or 900))
  end
  if called > 0 then
    call(present, ARGV[2], set[2], ARGV[5])
    redis.call('SET', KEYS[18], frontier)
  end
end
local side, active = redis.call('ZCARD', KEYS[4]), redis.call('ZCARD', KEYS[5])
local calls = redis.call('HGET', KEYS[19], 'calls') or 0
return {'CALLED', now, epoch, called, freed, set_aside_now, looks, redis.call('ZCARD', KEYS[3]) + side, side, active, opened and 1 or 0, frontier, calls}
