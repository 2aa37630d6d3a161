-- block_seats: takes free seats out of sale, or puts blocked ones back: Postgres has decided it.
-- KEYS: see show.lua
-- ARGV[2] byte to write: 3 (block) or 0 (unblock)   ARGV[3..] seats
-- Replies {'WRITTEN', now}
local BLOCKED = 3
local from = tonumber(ARGV[2]) == BLOCKED and FREE or BLOCKED
local seats, own = {}, {}
for index = 3, #ARGV do seats[#seats + 1] = ARGV[index] end
for index, byte in ipairs(bytes_of(seats)) do
  if byte == from then own[#own + 1] = seats[index] end
end
write_bytes(own, ARGV[2])
publish()
return {'WRITTEN', now}
