-- Put between show.lua and the body of a script: reading a hold, letting go of one, lapsing what is overdue.
local MAX_LAPSES = 500

local function hold_of(id)
  local record = redis.call('HGET', KEYS[3], id)
  if not record then return nil end
  local fence, cooldown, list, buyer = string.match(record, '^(%d+)|(%d+)|([%d,]+)|(.*)$')
  local seats = {}
  for seat in string.gmatch(list, '%d+') do seats[#seats + 1] = seat end
  return {fence = fence, cooldown = tonumber(cooldown), list = list, seats = seats, buyer = buyer}
end

local function forget(id, hold, freed_from)
  local own = {}
  for index, byte in ipairs(bytes_of(hold.seats)) do
    if freed_from[byte] then own[#own + 1] = hold.seats[index] end
  end
  write_bytes(own, FREE)
  redis.call('HDEL', KEYS[3], id)
  redis.call('ZREM', KEYS[4], id)
  if redis.call('HGET', KEYS[5], hold.buyer) == id then redis.call('HDEL', KEYS[5], hold.buyer) end
end

-- Puts back on sale what a hold, or a booking, has here and is not in this list, but for what is spared.
local function free_rest(known, lapses_at, list, spared)
  local own, stays, rest = lapses_at and HELD or BOOKED, {}, {}
  for seat in string.gmatch(list, '%d+') do stays[seat] = true end
  for index, byte in ipairs(bytes_of(known.seats)) do
    local seat = known.seats[index]
    if byte == own and not stays[seat] and not spared[seat] then rest[#rest + 1] = seat end
  end
  write_bytes(rest, FREE)
end

local function lapse_overdue(limit)
  local lapsed = redis.call('ZRANGEBYSCORE', KEYS[4], '-inf', now, 'WITHSCORES', 'LIMIT', 0, limit)
  local ids = {}
  for index = 1, #lapsed, 2 do
    local id, lapsed_at, hold = lapsed[index], tonumber(lapsed[index + 1]), hold_of(lapsed[index])
    forget(id, hold, {[HELD] = true})
    if hold.cooldown > 0 then redis.call('ZADD', KEYS[6], 'GT', lapsed_at + hold.cooldown, hold.buyer) end
    ids[#ids + 1] = id
  end
  redis.call('ZREMRANGEBYSCORE', KEYS[6], '-inf', now)
  publish()
  return ids
end
