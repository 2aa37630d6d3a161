-- settle_seats: Postgres refused a hold; writes the hold's seats as Postgres has them, and the holds that own them. What
-- an owner had here and does not own is on sale again; one that was known with another fence has all that it owns.
-- KEYS: see show.lua
-- ARGV[2] reservation id of the refused hold
-- ARGV[3] the fence that the hold must have; 'none': there must be no such hold; 'any'   ARGV[4] number of seats n
-- then n times: seat, byte; then, to the end: id, lapses at in ms ('' when booked), fence, cool-down ms, seats, buyer
-- Replies {'SETTLED', now} | {'MOVED', now} (the hold is not what it must be: nothing was written)
local refused, count, written = hold_of(ARGV[2]), tonumber(ARGV[4]), {}
if ARGV[3] ~= 'any' and ARGV[3] ~= (refused and refused.fence or 'none') then return {'MOVED', now} end
if refused and redis.call('ZSCORE', KEYS[4], ARGV[2]) then forget(ARGV[2], refused, {[HELD] = true}) end
for index = 5, 4 + 2 * count, 2 do
  write_bytes({ARGV[index]}, ARGV[index + 1])
  written[ARGV[index]] = true
end

for index = 5 + 2 * count, #ARGV, 6 do
  local id, lapses_at, fence, cooldown, list, buyer = unpack(ARGV, index, index + 5)
  local known, lapsed_at, seats = hold_of(id), redis.call('ZSCORE', KEYS[4], id), {}
  if known then free_rest(known, lapsed_at, list, written) end
  redis.call('HSET', KEYS[3], id, fence .. '|' .. cooldown .. '|' .. list .. '|' .. buyer)
  if lapses_at ~= '' then
    redis.call('ZADD', KEYS[4], lapses_at, id)
    redis.call('HSET', KEYS[5], buyer, id)
  end
  if known and known.fence ~= fence then
    for seat in string.gmatch(list, '%d+') do seats[#seats + 1] = seat end
    write_bytes(seats, lapses_at == '' and BOOKED or HELD)
  end
end
publish()
return {'SETTLED', now}
