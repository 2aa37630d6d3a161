-- settle_seats: Postgres refused a hold; writes the hold's seats as Postgres has them, and the holds that own them. What
-- an owner held and does not own is on sale again.
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

local function free_what_is_not_in(list, id)
  local known, kept, freed = hold_of(id), {}, {}
  if not known or not redis.call('ZSCORE', KEYS[4], id) then return end
  for seat in string.gmatch(list, '%d+') do kept[seat] = true end
  for index, byte in ipairs(bytes_of(known.seats)) do
    local seat = known.seats[index]
    if byte == HELD and not kept[seat] and not written[seat] then freed[#freed + 1] = seat end
  end
  write_bytes(freed, FREE)
end

for index = 5 + 2 * count, #ARGV, 6 do
  local id, lapses_at, fence, cooldown, list, buyer = unpack(ARGV, index, index + 5)
  free_what_is_not_in(list, id)
  redis.call('HSET', KEYS[3], id, fence .. '|' .. cooldown .. '|' .. list .. '|' .. buyer)
  if lapses_at ~= '' then
    redis.call('ZADD', KEYS[4], lapses_at, id)
    redis.call('HSET', KEYS[5], buyer, id)
  end
end
publish()
return {'SETTLED', now}
