-- sightings: since when somebody must have been seen to be present. A chunk.
-- KEYS[13] horizon: hash of `steps` ('below since' by score: every place below was reported on since then, ms; none:
-- everybody, always), `track_below` (the last of them), `reach` and `raised`
-- KEYS[19] credit: hash with `ticked`, `blind_from` and `blind_until`, ms
-- After nobody looked for a minute, whoever was present before counts as present until they could ask again.
local EVERYTHING = 9007199254740992
local SEEN_MS, POLL_INTERVAL_MS, BLIND_MS = 150000, 65000, 60000

-- seen_since() gives the time, and when the last tick was, or nil.
local function seen_since()
  local credit = redis.call('HMGET', KEYS[19], 'ticked', 'blind_from', 'blind_until')
  local ticked, blind_from = tonumber(credit[1] or nil), tonumber(credit[2] or nil)
  if ticked and now - ticked > BLIND_MS then
    return ticked - SEEN_MS, ticked
  elseif blind_from and now < tonumber(credit[3]) then
    return math.min(blind_from, now) - SEEN_MS, ticked
  end
  return now - SEEN_MS, ticked
end

-- The same, and remembers that a tick was here.
local function note_tick()
  local since, ticked = seen_since()
  if ticked and now - ticked > BLIND_MS then
    redis.call('HSET', KEYS[19], 'blind_from', text(ticked), 'blind_until', text(now + POLL_INTERVAL_MS))
  end
  redis.call('HSET', KEYS[19], 'ticked', text(now))
  return since, ticked
end

-- The steps of the horizon: {{below, since}...}, and which of them is the furthest that is live, or nil. Places below
-- that one may be called, and set aside when they are absent.
local function horizon()
  local steps, live = {}, nil
  for below, since in string.gmatch(redis.call('HGET', KEYS[13], 'steps') or '9007199254740992 0', '(%d+) (%d+)') do
    steps[#steps + 1] = {tonumber(below), tonumber(since)}
    live = now - since >= POLL_INTERVAL_MS and #steps or live
  end
  return steps, live
end
