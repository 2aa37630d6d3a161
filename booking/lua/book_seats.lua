-- book_seats: marks the seats of a reservation as booked, whether its hold still stands or has lapsed: Postgres has
-- decided that they are its own. They no longer lapse and no longer count against the buyer. Idempotent by id.
-- KEYS: see show.lua
-- ARGV[2] reservation id   ARGV[3] buyer   ARGV[4] fence   ARGV[5..] seats, ascending
-- Replies {'BOOKED', now}
local id, buyer, seats = ARGV[2], ARGV[3], {}
for index = 5, #ARGV do seats[#seats + 1] = ARGV[index] end
local hold, lapses_at = hold_of(id), redis.call('ZSCORE', KEYS[4], id)
if hold and not lapses_at then return {'BOOKED', now} end
redis.call('HSET', KEYS[3], id, ARGV[4] .. '|0|' .. table.concat(seats, ',') .. '|' .. buyer)
redis.call('ZREM', KEYS[4], id)
if redis.call('HGET', KEYS[5], buyer) == id then redis.call('HDEL', KEYS[5], buyer) end
write_bytes(seats, BOOKED)
publish()
return {'BOOKED', now}
