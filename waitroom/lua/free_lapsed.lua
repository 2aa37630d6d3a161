-- free_lapsed: frees the slots whose time is over, at most 200. A chunk, after places.
-- KEYS[2] to [17] as in standing.lua and places.lua
-- free_lapsed() gives how many. A place that was not claimed, or whose admission was not used, goes by the drop's
-- policy: `requeue` begins a successor at the tail; `keep` has it called once more from the side list; else, and after
-- that once, it ends. A place whose admission was used has had its turn.
local function outcome_of(record, policy)
  if policy == 'requeue' and generation_of(record.place) < 65535 then
    local successor, score = requeue(record.place)
    local seen = redis.call('ZSCORE', KEYS[12], record.place)
    if seen and is_tracked(score) then
      redis.call('ZADD', KEYS[12], 'GT', seen, successor) -- who is seen with the old place is there for the new one
    end
    return 'requeued', successor, score
  elseif policy == 'keep' and record.source ~= 'side' then
    redis.call('ZADD', KEYS[4], record.score, record.place)
    moved('side', record.place)
    return 'kept', '', ''
  end
  ended(record.place, policy == 'used' and 'finished' or 'lapsed')
  return 'ended', '', ''
end

local function free_lapsed()
  local policy = redis.call('HGET', KEYS[2], 'on_lapse')
  local lapsed = redis.call('ZRANGEBYSCORE', KEYS[5], '-inf', now, 'WITHSCORES', 'LIMIT', 0, 200)
  for i = 1, #lapsed, 2 do
    local sid, found = lapsed[i], redis.call('HGET', KEYS[6], lapsed[i])
    local place, reason, outcome, successor, score = '', 'expired', 'ended', '', ''
    if found then
      local record = cjson.decode(found)
      place = record.place
      redis.call('HDEL', KEYS[6], sid)
      redis.call('HDEL', KEYS[7], place)
      local used = record.claimed > 0 and tonumber(lapsed[i + 1]) > record.unused_until
      reason = used and 'expired' or record.claimed > 0 and 'unused' or 'unclaimed'
      outcome, successor, score = outcome_of(record, used and 'used' or policy)
    end
    redis.call('ZREM', KEYS[5], sid)
    redis.call('XADD', KEYS[9], '*', 'kind', 'freed', 'at', string.format('%.0f', now), 'epoch', epoch, 'place', place, 'sid', sid, 'reason', reason, 'outcome', outcome, 'successor', successor, 'successor_score', score)
  end
  return #lapsed / 2
end
