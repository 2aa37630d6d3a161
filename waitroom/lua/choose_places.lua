-- choose_places: whom a tick takes, in order. A chunk, after places and sightings.
-- KEYS[3] queue, [4] side, [12] seen, [13] horizon
-- choose_places(room, most, since, frontier): goes through the side list and then the front, for as many present ones as
-- there is room for and at most `most` in all, and takes off the lists whom it looked at. Gives
-- {place, score, source...} of those present, {place, score...} of those absent, how many it looked at, and the frontier.
local function choose_places(room, most, since, frontier)
  local steps, step = horizon()
  local live = step and steps[step][1] or 0
  local present, absent, raws, looks, called = {}, {}, {}, 0, 0

  -- {place, score...} from a list: takes off whom it looks at, and says whether it may go on.
  local function look_at(list, key, source)
    local places, gone = {}, {}
    for i = 1, #list, 2 do
      places[#places + 1] = list[i]
    end
    local seen = #places > 0 and redis.call('ZMSCORE', KEYS[12], unpack(places)) or {}
    for i, place in ipairs(places) do
      local raw = list[2 * i]
      local score, shown = tonumber(raw), raw
      if turn > 0 and source == 'front' then
        score = turned(raw)
        shown = text(score)
      end
      if called == room or (score >= live and source == 'front') then
        break
      end
      -- Far in front of the horizon nobody is reported on: such a place is in the side list by a pass.
      if (not seen[i] or tonumber(seen[i]) < since) and score < live then
        absent[#absent + 1], absent[#absent + 2] = place, shown
      else
        -- Put back after a loss, behind the frontier: called late, and the frontier stays.
        local from = source == 'front' and score < tonumber(frontier) and 'late' or source
        frontier = from == 'front' and shown or frontier
        local n = 3 * called
        present[n + 1], present[n + 2], present[n + 3] = place, shown, from
        called = called + 1
      end
      if source == 'front' and score < LAP then
        raws[#raws + 1], raws[#raws + 2] = raw, place
      end
      gone[#gone + 1] = place
    end
    looks = looks + #gone
    if #gone > 0 and (turn == 0 or source == 'side') then
      redis.call('ZREMRANGEBYRANK', key, 0, #gone - 1) -- they are its first: nothing is searched for
    elseif #gone > 0 then
      redis.call('ZREM', key, unpack(gone))
    end
    return #gone > 0 and #gone == #places and called < room and looks < most
  end

  local function next_few()
    return math.min(math.max(room - called, 50), most - looks)
  end
  while room > 0 and look_at(redis.call('ZRANGE', KEYS[4], 0, next_few() - 1, 'WITHSCORES'), KEYS[4], 'side') do end
  while called < room and looks < most and look_at(range(0, next_few()), KEYS[3], 'front') do end
  left_queue(raws)
  return present, absent, looks, frontier
end
