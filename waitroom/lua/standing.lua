-- standing: where an identity stands in the line. A chunk, after circle.
-- KEYS[3] queue: sorted set place -> raw score       KEYS[4] side: place -> score, called before the queue
-- KEYS[5] slots: sorted set sid -> lives until, ms   KEYS[6] admissions: hash sid -> record (JSON)
-- KEYS[7] places: hash place -> sid                  KEYS[8] gone: hash base -> 'GGGG reason [successor score]'
-- KEYS[11] aside: hash place -> 'score until'
-- A place is a base (32 characters, one an identity) and a generation (4 hex digits); `gone` holds the last generation
-- that ended, so the one after it is the only one that can live.
-- standing(base) gives {'SLOT', place, sid, record, lives until or ''} | {'QUEUED', place, score, rank, list}
--                    | {'ASIDE', place, score, until} | {'GONE', place, 'reason [successor score]'} | {'NONE', place}
local function standing(base)
  local gone = redis.call('HGET', KEYS[8], base)
  local place = base .. string.format('%04x', gone and tonumber(string.sub(gone, 1, 4), 16) + 1 or 0)
  local raw = redis.call('ZSCORE', KEYS[3], place)
  if raw then
    return {'QUEUED', place, turn > 0 and text(turned(raw)) or raw, rank(place, tonumber(raw)), 'front'}
  end
  local sid = redis.call('HGET', KEYS[7], place)
  if sid then
    local record = redis.call('HGET', KEYS[6], sid)
    return {'SLOT', place, sid, record or '', redis.call('ZSCORE', KEYS[5], sid) or ''}
  end
  local score = redis.call('ZSCORE', KEYS[4], place)
  if score then
    return {'QUEUED', place, score, redis.call('ZRANK', KEYS[4], place), 'side'}
  end
  local aside = redis.call('HGET', KEYS[11], place)
  if aside then
    return {'ASIDE', place, string.match(aside, '(%d+) (%d+)')}
  elseif gone then
    return {'GONE', base .. string.sub(gone, 1, 4), string.sub(gone, 6)}
  end
  return {'NONE', place}
end

-- Whether the drop has opened: decided here, by the clock that also orders the joins.
local function has_opened(opens_at)
  return opens_at and opens_at ~= '' and now >= tonumber(opens_at)
end

-- The reply of an operation on one place: {status, now, epoch, opened, waiting, side, turn, standing...}
local function reply(status, opened, stands)
  return {status, now, epoch, opened and 1 or 0, redis.call('ZCARD', KEYS[3]), redis.call('ZCARD', KEYS[4]), text(turn), unpack(stands)}
end
