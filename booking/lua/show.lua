-- Put before the body of every script that works on a loaded show, after the epoch guard. All of them take:
-- KEYS[1] epoch     hash: epoch, run_id
-- KEYS[2] seats     string: a byte a seat: 0 free, 1 held, 2 booked, 3 blocked
-- KEYS[3] holds     hash: reservation id -> 'fence|cool-down ms|seat,seat|buyer'; booked ones stay, to be freed by id
-- KEYS[4] expiries  sorted set: reservation id -> lapses at, ms; booked ones are not in it
-- KEYS[5] buyers    hash: buyer -> reservation id of the live hold
-- KEYS[6] cooling   sorted set: buyer -> may hold again at, ms
-- KEYS[7] counters  hash: version, fence; both start at epoch * 2^32
-- KEYS[8] changes   stream: id '<version>-0', field c: 'seat:byte,seat:byte'
-- KEYS[9] live      channel: '<version> <changes>'
local FREE, HELD, BOOKED = 0, 1, 2
local MAX_LAPSES, MAX_CHANGES = 500, 1024
local changed = {}

local function text(number) return string.format('%.0f', number) end

local function bytes_of(seats)
  local fields = {}
  for _, seat in ipairs(seats) do
    for _, word in ipairs({'GET', 'u8', '#' .. seat}) do fields[#fields + 1] = word end
  end
  return redis.call('BITFIELD', KEYS[2], unpack(fields))
end

local function write_bytes(seats, byte)
  if #seats == 0 then return end
  local fields = {}
  for _, seat in ipairs(seats) do
    for _, word in ipairs({'SET', 'u8', '#' .. seat, byte}) do fields[#fields + 1] = word end
    changed[#changed + 1] = seat .. ':' .. byte
  end
  redis.call('BITFIELD', KEYS[2], unpack(fields))
end

local function publish()
  if #changed == 0 then return end
  local version = text(redis.call('HINCRBY', KEYS[7], 'version', 1))
  local changes = table.concat(changed, ',')
  redis.call('XADD', KEYS[8], 'MAXLEN', '~', MAX_CHANGES, version .. '-0', 'c', changes)
  redis.call('PUBLISH', KEYS[9], version .. ' ' .. changes)
  changed = {}
end

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
