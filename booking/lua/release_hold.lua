-- release_hold: gives the seats of a hold back, without a cool-down. Never touches what is booked. Idempotent by id.
-- KEYS: see show.lua
-- ARGV[2] reservation id
-- Replies {'RELEASED', now} | {'GONE', now} (there is no such hold) | {'BOOKED', now} (it is booked: left alone)
local hold = hold_of(ARGV[2])
if not hold then return {'GONE', now} end
if not redis.call('ZSCORE', KEYS[4], ARGV[2]) then return {'BOOKED', now} end
forget(ARGV[2], hold, {[HELD] = true})
publish()
return {'RELEASED', now}
