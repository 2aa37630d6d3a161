-- free_seats: puts the seats of a reservation back on sale, held or booked: Postgres has decided that it ended.
-- No cool-down. Idempotent by id.
-- KEYS: see show.lua
-- ARGV[2] reservation id
-- Replies {'FREED', now} | {'GONE', now} (it has no seats here)
local hold = hold_of(ARGV[2])
if not hold then return {'GONE', now} end
forget(ARGV[2], hold, {[HELD] = true, [BOOKED] = true})
publish()
return {'FREED', now}
