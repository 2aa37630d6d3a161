-- settle_seats: Postgres refused a hold; writes the hold's seats as Postgres has them, and the holds that own them.
-- KEYS: see show.lua
-- ARGV[2] reservation id of the refused hold   ARGV[3] number of seats n
-- then n times: seat, byte; then, to the end: id, lapses at in ms ('' when booked), fence, cool-down ms, seats, buyer
-- Replies {'SETTLED', now}
local refused, count = hold_of(ARGV[2]), tonumber(ARGV[3])
if refused and redis.call('ZSCORE', KEYS[4], ARGV[2]) then forget(ARGV[2], refused, {[HELD] = true}) end
for index = 4, 3 + 2 * count, 2 do write_bytes({ARGV[index]}, ARGV[index + 1]) end
for index = 4 + 2 * count, #ARGV, 6 do
  local id, lapses_at, fence, cooldown, list, buyer = unpack(ARGV, index, index + 5)
  redis.call('HSET', KEYS[3], id, fence .. '|' .. cooldown .. '|' .. list .. '|' .. buyer)
  if lapses_at ~= '' then
    redis.call('ZADD', KEYS[4], lapses_at, id)
    redis.call('HSET', KEYS[5], buyer, id)
  end
end
publish()
return {'SETTLED', now}
