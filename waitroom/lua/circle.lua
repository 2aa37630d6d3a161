-- circle: the order of the main line. A chunk, put before whatever asks for scores or ranks.
-- KEYS[2] settings, [3] queue: sorted set place -> raw score
-- The queue keeps raw scores, so that opening with a salt rewrites nothing: `turn` turns the circle of those below
-- LAP, which the draw gave. In turned order the queue has three parts: raw scores from LAP - turn on (ahead), those
-- below that (behind), and arrivals. Everything outside the queue is in turned scores.
local LAP = 4503599627370496
local turn = tonumber(redis.call('HGET', KEYS[2], 'turn') or 0) or 0

local function text(number)
  return string.format('%.0f', number) -- `..` and tostring would round it
end

local function turned(raw)
  raw = tonumber(raw)
  return raw < LAP and (raw + turn) % LAP or raw
end

local function raw_of(score)
  score = tonumber(score)
  return score < LAP and (score + LAP - turn) % LAP or score
end

local function parts()
  local cut = text(LAP - turn)
  return redis.call('ZCOUNT', KEYS[3], cut, '(4503599627370496'), redis.call('ZCOUNT', KEYS[3], '-inf', '(' .. cut)
end

local function rank(place, raw)
  local found = redis.call('ZRANK', KEYS[3], place)
  if turn == 0 or raw >= LAP then
    return found
  end
  local ahead, behind = parts()
  return raw >= LAP - turn and found - behind or found + ahead
end

local function range(first, count)
  if turn == 0 then
    return redis.call('ZRANGE', KEYS[3], first, first + count - 1, 'WITHSCORES')
  end
  local ahead, behind = parts()
  local found, begins = {}, 0
  for _, part in ipairs({{behind, ahead}, {0, behind}, {ahead + behind, redis.call('ZCARD', KEYS[3]) - ahead - behind}}) do
    local from, to = math.max(first - begins, 0), math.min(first + count - begins, part[2]) - 1
    for _, word in ipairs(from <= to and redis.call('ZRANGE', KEYS[3], part[1] + from, part[1] + to, 'WITHSCORES') or {}) do
      found[#found + 1] = word
    end
    begins = begins + part[2]
  end
  return found
end

local function count_below(score)
  if turn == 0 or score >= LAP then
    return redis.call('ZCOUNT', KEYS[3], '-inf', '(' .. text(score))
  end
  local from, over = text(LAP - turn), score - turn
  local first = redis.call('ZCOUNT', KEYS[3], from, '(' .. text(LAP - turn + math.min(score, turn)))
  return first + (over > 0 and redis.call('ZCOUNT', KEYS[3], '-inf', '(' .. text(over)) or 0)
end
