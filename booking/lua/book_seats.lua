-- book_seats: marks the seats of a reservation as booked, whether its hold still stands or has lapsed: Postgres has
-- decided that they are its own. They no longer lapse and no longer count against the buyer. What it had and has no more is
-- on sale: a later fence says that it got other seats. Idempotent by id and fence.
-- KEYS: see show.lua
-- ARGV[2] reservation id   ARGV[3] buyer   ARGV[4] fence   ARGV[5..] seats, ascending
-- Replies {'BOOKED', now} | {'ANEW', now} (booked, and there was no hold, or other seats: whoever said so should look again)
local id, buyer, seats = ARGV[2], ARGV[3], {}
for index = 5, #ARGV do seats[#seats + 1] = ARGV[index] end
local known, lapses_at, list = hold_of(id), redis.call('ZSCORE', KEYS[4], id), table.concat(seats, ',')
if known and not lapses_at and tonumber(known.fence) >= tonumber(ARGV[4]) then return {'BOOKED', now} end
if known then free_rest(known, lapses_at, list, {}) end
redis.call('HSET', KEYS[3], id, ARGV[4] .. '|0|' .. list .. '|' .. buyer)
redis.call('ZREM', KEYS[4], id)
if redis.call('HGET', KEYS[5], buyer) == id then redis.call('HDEL', KEYS[5], buyer) end
write_bytes(seats, BOOKED)
publish()
return {lapses_at and 'BOOKED' or 'ANEW', now}
