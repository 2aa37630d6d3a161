-- Put before the body of every script of a loaded show, after the epoch guard: its keys, its bytes, its changes.
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
local MAX_CHANGES = 1024
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
  redis.call('SPUBLISH', KEYS[9], version .. ' ' .. changes)
  changed = {}
end
