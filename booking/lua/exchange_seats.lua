-- exchange_seats: gives a hold other seats, all or none, and puts those back on sale that it no longer has. It lapses when
-- it did, with a new fence. Overdue holds lapse first.
-- KEYS: see show.lua
-- ARGV[2] reservation id   ARGV[3..] the seats it is to have, ascending
-- Replies {'HELD', now, fence, lapses at} | {'GONE', now} (there is no such hold) | {'BOOKED', now} (left alone)
--       | {'TAKEN', now, seat...}
local id, seats, own, kept = ARGV[2], {}, {}, {}
for index = 3, #ARGV do seats[#seats + 1] = ARGV[index] end
lapse_overdue(MAX_LAPSES)
local hold, lapses_at = hold_of(id), redis.call('ZSCORE', KEYS[4], id)
if not hold then return {'GONE', now} end
if not lapses_at then return {'BOOKED', now} end

for _, seat in ipairs(hold.seats) do own[seat] = true end
local taken, new, given = {'TAKEN', now}, {}, {}
for index, byte in ipairs(bytes_of(seats)) do
  local seat = seats[index]
  if own[seat] then
    kept[seat] = true
  elseif byte == FREE then
    new[#new + 1] = seat
  else
    taken[#taken + 1] = seat
  end
end
if #taken > 2 then return taken end
for index, byte in ipairs(bytes_of(hold.seats)) do
  local seat = hold.seats[index]
  if byte == HELD and not kept[seat] then given[#given + 1] = seat end
end

local fence = text(redis.call('HINCRBY', KEYS[7], 'fence', 1))
redis.call('HSET', KEYS[3], id, fence .. '|' .. hold.cooldown .. '|' .. table.concat(seats, ',') .. '|' .. hold.buyer)
write_bytes(given, FREE)
write_bytes(new, HELD)
publish()
return {'HELD', now, fence, lapses_at}
