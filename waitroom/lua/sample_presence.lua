-- sample_presence: how many of the front are there. A chunk, after circle.
-- KEYS[3] queue, [12] seen
-- Of the first places: how many were looked at, and how many of them are present.
local function sample(first, since)
  local samples, places, present = first <= 300 and first or 100, {}, 0
  if first <= 300 then
    local list = range(0, first)
    for i = 1, #list, 2 do
      places[#places + 1] = list[i]
    end
  else
    for i = 0, samples - 1 do
      places[i + 1] = range(math.floor(i * first / samples), 1)[1]
    end
  end
  for _, seen in ipairs(samples > 0 and redis.call('ZMSCORE', KEYS[12], unpack(places)) or {}) do
    present = present + (seen and tonumber(seen) >= since and 1 or 0)
  end
  return samples, present
end
