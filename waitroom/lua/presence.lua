-- presence: who is there. A chunk, after places and standing.
-- KEYS[4] side, [9] unrecorded, [11] aside: hash place -> 'score until', [12] seen, [13] horizon
-- come_back(place, 'score until'): the visitor of a place that was set aside is seen: within the grace it is called
-- next, from the side list; after it a successor begins at the tail.
local function come_back(place, found)
  local score, due = string.match(found, '(%d+) (%d+)')
  local outcome, successor, successor_score = 'ended', '', ''
  redis.call('HDEL', KEYS[11], place)
  if now <= tonumber(due) then
    outcome = 'side'
    redis.call('ZADD', KEYS[4], score, place)
    redis.call('ZADD', KEYS[12], now, place)
    moved('side', place)
  elseif generation_of(place) < 65535 then
    outcome = 'requeued'
    successor, successor_score = requeue(place)
    if is_tracked(successor_score) then
      redis.call('ZADD', KEYS[12], now, successor)
    end
  else
    ended(place, 'lapsed')
  end
  redis.call('XADD', KEYS[9], '*', 'kind', 'returned', 'at', text(now), 'epoch', epoch, 'place', place, 'outcome', outcome, 'successor', successor, 'successor_score', successor_score)
end

-- The visitor of an identity was seen, at a time in ms: gives how they stand then. A newer sighting stays.
local function sighted(base, at)
  local stands = standing(base)
  if stands[1] == 'ASIDE' then
    come_back(stands[2], stands[3] .. ' ' .. stands[4])
    return standing(base)
  elseif stands[1] == 'SLOT' or (stands[1] == 'QUEUED' and (stands[5] == 'side' or is_tracked(stands[3]))) then
    if at == now then
      redis.call('ZADD', KEYS[12], now, stands[2])
    else
      redis.call('ZADD', KEYS[12], 'GT', at, stands[2])
    end
  end
  return stands
end
