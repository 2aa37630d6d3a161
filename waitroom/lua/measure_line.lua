-- measure_line: the rank table, and with it the horizon. Whoever asks first in a second measures; the others get that.
-- KEYS[1] epoch, [2] settings, [3] queue, [4] side, [10] arrivals, [12] seen, [13] horizon, [19] credit
-- KEYS[21] ranks: hash of what was measured last
-- ARGV[2] number of the table that the caller knows
-- Replies {'TABLE', epoch, number, at, side, waiting, track_below, 'score rank score rank ...'} | {'SAME'}
local last = redis.call('HMGET', KEYS[21], 'number', 'at')
local number, at = tonumber(last[1] or epoch * 4294967296), tonumber(last[2] or nil)
local length = redis.call('ZCARD', KEYS[3])
local knots, known = {}, {}

-- {place, raw score...} with ranks from `first` on.
local function knots_at(first, list)
  for i = 2, #list, 2 do
    knots[#knots + 1] = {turned(list[i]), first + i / 2 - 1}
  end
end

local function measure()
  local distance = math.max(math.ceil(length / 256), 1)
  knots_at(0, range(0, math.min(length, 300)))
  for first = math.ceil(300 / distance) * distance, length - 1, distance do
    knots_at(first, range(first, 1))
  end
  knots_at(length - 1, length > 0 and range(length - 1, 1) or {})
  local beginnings = {LAP}
  for e = math.max(epoch - 15, 1), epoch do
    beginnings[#beginnings + 1] = LAP + e * 68719476736 + 1
  end
  for _, beginning in ipairs(beginnings) do
    local before = count_below(beginning)
    knots_at(before - 1, before > 0 and range(before - 1, 1) or {})
    knots[#knots + 1] = {beginning, before}
  end
  table.sort(knots, function(one, other) return one[1] < other[1] or (one[1] == other[1] and one[2] < other[2]) end)
  local shown = {}
  for i, knot in ipairs(knots) do
    if i == 1 or knot[1] > knots[i - 1][1] then
      shown[#shown + 1] = text(knot[1]) .. ' ' .. knot[2]
    end
  end
  return table.concat(shown, ' ')
end

if not at or now < at or now - at >= 900 then
  local since, ticked = seen_since()
  redis.call('ZREMRANGEBYSCORE', KEYS[12], '-inf', '(' .. text(math.min(since, (ticked or now) - SEEN_MS)))
  local track_below = follow_horizon(length, since)
  number = number + 1
  redis.call('HSET', KEYS[21], 'number', text(number), 'at', text(now), 'side', redis.call('ZCARD', KEYS[4]), 'waiting', length, 'track_below', track_below, 'knots', measure())
end
if number <= tonumber(ARGV[2]) then
  return {'SAME'}
end
return {'TABLE', epoch, unpack(redis.call('HMGET', KEYS[21], 'number', 'at', 'side', 'waiting', 'track_below', 'knots'))}
