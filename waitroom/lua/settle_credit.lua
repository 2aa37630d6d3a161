-- settle_credit: brings the credit of calls up to now. A chunk, put before what calls and what changes the rate.
-- KEYS[2] settings
-- KEYS[19] credit: hash of units (60000 are one call, so a rate a minute times milliseconds is exact) and at, ms
-- settle_credit() gives {units, calling}: the credit now, and whether the drop is open and not paused. Credit grows only
-- while it is, never backwards in time, and never beyond one burst, which is at least one second's worth.
local UNITS_A_CALL = 60000
local function settle_credit()
  local set = redis.call('HMGET', KEYS[2], 'state', 'opens_at', 'closes_at', 'rate_per_minute', 'burst')
  local credit = redis.call('HMGET', KEYS[19], 'units', 'at')
  local units, at = tonumber(credit[1] or 0), tonumber(credit[2] or now)
  local opens_at, closes_at = tonumber(set[2] or ''), tonumber(set[3] or '')
  local running = set[1] == 'open' and opens_at ~= nil
  local calling = running and now >= opens_at and (closes_at == nil or now < closes_at)
  if running and now >= opens_at then
    local rate = tonumber(set[4])
    local most = math.max(tonumber(set[5]), math.ceil(rate / 60)) * UNITS_A_CALL
    local grew = math.min(now, closes_at or now) - math.max(at, opens_at)
    units = math.min(units + math.max(grew, 0) * rate, most)
  end
  redis.call('HSET', KEYS[19], 'units', string.format('%.0f', units), 'at', string.format('%.0f', math.max(at, now)))
  return units, calling
end
