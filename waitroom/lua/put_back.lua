-- put_back: somebody shows a place token of an older epoch, or a replica remembers places of one. A place comes back with
-- its score, unless it is there, or the ledger knew its end; where the ledger knew a successor, that comes back.
-- KEYS[1] epoch, [2] settings, [3] to [17] as in standing.lua, places.lua and presence.lua
-- KEYS[14] passes: hash base -> pass   KEYS[15] passes due: sorted set of bases whose place goes to the side list
-- ARGV[2...] base, generation (4 hex digits), raw score, when its visitor was last seen (ms; 0: now); at most 200 times
-- Replies {'STANDS', now, epoch, opened, waiting, side, turn, standing...} of the last
local back, stands = {}, nil

local function waits_again(base, place, raw)
  redis.call('ZADD', KEYS[3], 'NX', raw, place)
  redis.call('ZADD', KEYS[3], 'XX', 'LT', raw, place) -- of two scores of one identity the lower stays
  back[#back + 1] = place
  if redis.call('HEXISTS', KEYS[14], base) == 1 then
    redis.call('ZADD', KEYS[15], 0, base)
  end
end

local function put_back(base, generation, raw)
  local stands = standing(base)
  local last = stands[1] == 'GONE' and string.sub(stands[2], -4)
  if last and generation <= last then
    local successor_score = string.match(stands[3], '^requeued (%d+)')
    if successor_score then
      waits_again(base, of_generation(stands[2], tonumber(last, 16) + 1), successor_score)
    end
  elseif last or stands[1] == 'NONE' then
    if generation ~= '0000' then
      -- What ended before it was lost with Redis; only the generation after the last that ended can live.
      redis.call('HSET', KEYS[8], base, string.format('%04x', tonumber(generation, 16) - 1) .. ' left')
    end
    waits_again(base, base .. generation, raw)
  elseif stands[1] == 'QUEUED' and stands[2] == base .. generation and stands[5] == 'front' and turned(raw) < tonumber(stands[3]) then
    waits_again(base, stands[2], raw)
  end
end

for i = 2, #ARGV, 4 do
  put_back(ARGV[i], ARGV[i + 1], ARGV[i + 2])
  local seen = tonumber(ARGV[i + 3])
  stands = sighted(ARGV[i], seen > 0 and math.min(seen, now) or now)
end
if #back > 0 then
  moved('back', table.concat(back, ' '))
end
return reply('STANDS', has_opened(redis.call('HGET', KEYS[2], 'opens_at')), stands)
