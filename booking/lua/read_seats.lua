-- read_seats: the whole map. Overdue holds that nobody has lapsed yet are named, for the reader to count as free.
-- Changes nothing.
-- KEYS: see show.lua
-- Replies {'SEATS', now, version, bytes, seat...} (the seats of overdue holds)
local reply = {'SEATS', now, redis.call('HGET', KEYS[7], 'version'), redis.call('GET', KEYS[2])}
for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[4], '-inf', now, 'LIMIT', 0, MAX_LAPSES)) do
  local hold = hold_of(id)
  for index, byte in ipairs(bytes_of(hold.seats)) do
    if byte == HELD then reply[#reply + 1] = hold.seats[index] end
  end
end
return reply
