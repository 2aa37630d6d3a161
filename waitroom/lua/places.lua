-- places: what happens to places, told to the replicas and to those who come after. A chunk, after circle.
-- KEYS[1] epoch, [2] settings, [8] gone: hash base -> 'GGGG reason [successor score]', [10] arrivals
-- KEYS[12] seen: sorted set place -> last seen, ms; [13] horizon: hash with `track_below`
-- KEYS[16] moves: stream of who went out of plain waiting or came back, numbered without gaps by the epoch's `moves`
-- KEYS[17] drawn: sorted set of the lobby's places that left the queue after opening, until the roster is stored
local function moved(what, places, due)
  local number = redis.call('HINCRBY', KEYS[1], 'moves', 1)
  redis.call('XADD', KEYS[16], 'MAXLEN', '~', 20000, string.format('%.0f-%.0f', epoch, number), 'what', what, 'places', places, 'due', due or '')
end

-- The score of who arrives now: 2^52 + epoch * 2^36 + arrival, so that no counter repeats after a loss.
local function arrive()
  return text(LAP + epoch * 68719476736 + redis.call('INCR', KEYS[10]))
end

local function generation_of(place)
  return tonumber(string.sub(place, -4), 16)
end

local function of_generation(place, generation)
  return string.sub(place, 1, 32) .. string.format('%04x', generation)
end

-- The place ended; `gone` remembers the last generation that did.
local function ended(place, reason)
  redis.call('HSET', KEYS[8], string.sub(place, 1, 32), string.sub(place, -4) .. ' ' .. reason)
  moved('ended', place)
end

-- The place goes back to the tail: gives its successor, and the successor's score.
local function requeue(place)
  local successor, score = of_generation(place, generation_of(place) + 1), arrive()
  ended(place, 'requeued ' .. score)
  redis.call('ZADD', KEYS[3], score, successor)
  return successor, score
end

-- Sightings count below this score.
local function is_tracked(score)
  return tonumber(score) < tonumber(redis.call('HGET', KEYS[13], 'track_below') or 9007199254740992)
end

-- These left the queue: {raw score, place...}
local function left_queue(raws)
  local set = redis.call('HMGET', KEYS[2], 'opens_at', 'roster')
  if #raws > 0 and set[1] and set[1] ~= '' and now >= tonumber(set[1]) and set[2] ~= '1' then
    redis.call('ZADD', KEYS[17], unpack(raws))
  end
end
