-- see_places: a replica's report of whom it saw since its last. Those that were set aside return.
-- KEYS[1] epoch, [2] settings, [3] to [17] as in standing.lua, places.lua and presence.lua
-- ARGV[2...] places, at most 500
-- Replies {'SEEN'}
local places = {unpack(ARGV, 2)}
local sightings = {}
for i, found in ipairs(redis.call('HMGET', KEYS[11], unpack(places))) do
  if found and redis.call('HEXISTS', KEYS[11], places[i]) == 1 then
    come_back(places[i], found)
  elseif not found then
    sightings[#sightings + 1] = now
    sightings[#sightings + 1] = places[i]
  end
end
if #sightings > 0 then
  redis.call('ZADD', KEYS[12], unpack(sightings))
end
return {'SEEN'}
