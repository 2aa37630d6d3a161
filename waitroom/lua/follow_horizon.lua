-- follow_horizon: moves the horizon to where the rate can reach. A chunk, after circle, sightings and sample_presence.
-- KEYS[2] settings, [3] queue, [13] horizon
-- follow_horizon(length, since) gives the score below which sightings count: `length` places are in the queue, and who
-- was seen since then is present. All of it is decided as in domain/line/horizon.rs, where the reasons are.
local LEAST, MOST_ABSENT, MOST_REACH, GROWTH, RAISE_EVERY_MS = 2000, 16, 4096, 4, 5000

local function follow_horizon(length, since)
  local set = redis.call('HMGET', KEYS[2], 'rate_per_minute', 'burst', 'undecided')
  local kept = redis.call('HMGET', KEYS[13], 'reach', 'raised')
  local reach, raised, steps, live = tonumber(kept[1] or 1), tonumber(kept[2] or 0), horizon()
  local live_count = live and count_below(steps[live][1]) or 0
  if live then
    steps = {unpack(steps, live)}
    steps[1][2] = 0
  end
  local wanted, needed = set[2] + math.ceil(set[1] * 130 / 60), nil
  local samples, present = sample(live_count, since)
  if samples == 0 then
    needed = math.max(wanted, LEAST) * reach
  else
    if live_count < length and #steps == 1 and live and present * live_count < wanted * samples then
      reach = math.min(reach * GROWTH, MOST_REACH)
    elseif present * live_count >= 2 * wanted * samples then
      reach = math.max(math.floor(reach / GROWTH), 1)
    end
    needed = math.max(math.ceil(wanted * samples / math.max(present, math.ceil(samples / MOST_ABSENT))), LEAST) * reach
  end
  local track, to, undecided = steps[#steps][1], needed + math.floor(needed / 4), set[3] == '1'
  local tracked = track == EVERYTHING and length or count_below(track)
  local beyond = (undecided or to >= length) and EVERYTHING or turned(range(to, 1)[2])
  if undecided or needed >= length or tracked < needed then
    if track < beyond and (now < raised or now - raised >= RAISE_EVERY_MS) then
      steps[#steps + 1] = {beyond, now}
      raised = now
    end
  elseif tracked > 3 * needed and beyond < track then
    local first = #steps
    while first > 1 and steps[first - 1][1] >= beyond do
      first = first - 1
    end
    steps = {unpack(steps, 1, first)}
    steps[first] = {beyond, steps[first][2]}
  end
  local shown = {}
  for i, step in ipairs(steps) do
    shown[i] = text(step[1]) .. ' ' .. text(step[2])
  end
  track = text(steps[#steps][1])
  redis.call('HSET', KEYS[13], 'steps', table.concat(shown, ' '), 'track_below', track, 'reach', reach, 'raised', text(raised))
  return track
end
