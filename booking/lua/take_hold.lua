-- take_hold: holds all of these seats for one buyer, or none. Overdue holds lapse first. Idempotent by buyer and seats.
-- KEYS: see show.lua
-- ARGV[2] reservation id   ARGV[3] buyer   ARGV[4] hold, ms   ARGV[5] cool-down, ms   ARGV[6..] seats, ascending
-- Replies {'HELD', now, fence, lapses at} | {'SAME', now, id, fence, lapses at} (the buyer holds exactly these)
--       | {'LIMIT', now, id, lapses at} (the buyer holds others) | {'COOLING', now, until} | {'TAKEN', now, seat...}
local id, buyer, seats = ARGV[2], ARGV[3], {}
for index = 6, #ARGV do seats[#seats + 1] = ARGV[index] end
local list = table.concat(seats, ',')
lapse_overdue(MAX_LAPSES)

local held_id = redis.call('HGET', KEYS[5], buyer)
if held_id then
  local hold, lapses_at = hold_of(held_id), redis.call('ZSCORE', KEYS[4], held_id)
  if hold.list == list then return {'SAME', now, held_id, hold.fence, lapses_at} end
  return {'LIMIT', now, held_id, lapses_at}
end
local cools_until = redis.call('ZSCORE', KEYS[6], buyer)
if cools_until then return {'COOLING', now, cools_until} end

local taken = {'TAKEN', now}
for index, byte in ipairs(bytes_of(seats)) do
  if byte ~= FREE then taken[#taken + 1] = seats[index] end
end
if #taken > 2 then return taken end

local fence = text(redis.call('HINCRBY', KEYS[7], 'fence', 1))
local lapses_at = now + tonumber(ARGV[4])
redis.call('HSET', KEYS[3], id, fence .. '|' .. ARGV[5] .. '|' .. list .. '|' .. buyer)
redis.call('ZADD', KEYS[4], lapses_at, id)
redis.call('HSET', KEYS[5], buyer, id)
write_bytes(seats, HELD)
publish()
return {'HELD', now, fence, text(lapses_at)}
