-- take_hold: holds all of these seats for one buyer, or none. Overdue holds lapse first. Idempotent by buyer and seats.
-- KEYS: see show.lua, and KEYS[10] set: reservations whose holds were taken from the buyer's address, ended ones too
-- ARGV[2] reservation id   ARGV[3] buyer   ARGV[4] hold, ms   ARGV[5] cool-down, ms
-- ARGV[6] how many holds the address may have, 0: any number   ARGV[7..] seats, ascending
-- Replies {'HELD', now, fence, lapses at} | {'SAME', now, id, fence, lapses at} (the buyer holds exactly these)
--       | {'LIMIT', now, id, lapses at} (the buyer holds others) | {'COOLING', now, until} | {'TAKEN', now, seat...}
--       | {'ADDRESS', now, the first of its holds lapses at}
local MARGIN_MS = 3600000
local id, buyer, most, seats = ARGV[2], ARGV[3], tonumber(ARGV[6]), {}
for index = 7, #ARGV do seats[#seats + 1] = ARGV[index] end
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

local from_address = most > 0 and redis.call('SMEMBERS', KEYS[10]) or {}
local live, first = 0, nil
if #from_address > 0 then
  for index, lapses_at in ipairs(redis.call('ZMSCORE', KEYS[4], unpack(from_address))) do
    if lapses_at then
      live = live + 1
      first = math.min(first or lapses_at, lapses_at)
    else
      redis.call('SREM', KEYS[10], from_address[index])
    end
  end
end
if most > 0 and live >= most then return {'ADDRESS', now, text(first)} end

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
if most > 0 then
  redis.call('SADD', KEYS[10], id)
  redis.call('PEXPIRE', KEYS[10], tonumber(ARGV[4]) + MARGIN_MS)
end
write_bytes(seats, HELD)
publish()
return {'HELD', now, fence, text(lapses_at)}
