-- honour_passes: places of visitors with a pass go to the side list, at most 100. A chunk, after take_places.
-- KEYS[3] queue, [4] side, [8] gone
-- KEYS[15] passes due: sorted set of bases with a pass, whose place has not been looked for yet
local function honour_passes()
  local due = redis.call('ZRANGE', KEYS[15], 0, 99)
  local passed, raws, places, generations = {}, {}, {}, #due > 0 and redis.call('HMGET', KEYS[8], unpack(due))
  for i, base in ipairs(due) do
    local place = base .. string.format('%04x', generations[i] and tonumber(string.sub(generations[i], 1, 4), 16) + 1 or 0)
    local raw = redis.call('ZSCORE', KEYS[3], place)
    redis.call('ZREM', KEYS[15], base)
    if raw then
      redis.call('ZREM', KEYS[3], place)
      redis.call('ZADD', KEYS[4], text(turned(raw)), place)
      if tonumber(raw) < LAP then
        raws[#raws + 1], raws[#raws + 2] = raw, place
      end
      passed[#passed + 1], passed[#passed + 2] = place, text(turned(raw))
      places[#places + 1] = place
    end
  end
  if #places > 0 then
    left_queue(raws)
    tell('passed', 'places', table.concat(passed, ' '))
    moved('side', table.concat(places, ' '))
  end
end
