-- put_back: somebody shows a place token of an older epoch. The place comes back with the token's score, unless it is
-- there, or the ledger knew its end; where the ledger knew a successor, that comes back.
-- KEYS[1] epoch, [2] settings, [3] to [8] as in standing.lua
-- ARGV[2] base   ARGV[3] the token's generation (4 hex digits)   ARGV[4] the token's score
-- Replies {'STANDS', now, epoch, opened, waiting, standing...}
local base, generation, score = ARGV[2], ARGV[3], ARGV[4]
local stands = standing(base)
local ended = stands[1] == 'GONE' and string.sub(stands[2], -4)
if ended and generation <= ended then
  local successor_score = string.match(stands[3], '^requeued (%d+)')
  if successor_score then
    redis.call('ZADD', KEYS[3], 'NX', successor_score, base .. string.format('%04x', tonumber(ended, 16) + 1))
  end
elseif ended or stands[1] == 'NONE' then
  if generation ~= '0000' then
    -- What ended before it was lost with Redis; only the generation after the last that ended can live.
    redis.call('HSET', KEYS[8], base, string.format('%04x', tonumber(generation, 16) - 1) .. ' left')
  end
  redis.call('ZADD', KEYS[3], 'NX', score, base .. generation)
elseif stands[1] == 'QUEUED' and string.sub(stands[2], -4) == generation and stands[5] == 'front' then
  redis.call('ZADD', KEYS[3], 'XX', 'LT', score, stands[2]) -- of two scores of one identity the lower stays
end
return reply('STANDS', has_opened(redis.call('HGET', KEYS[2], 'opens_at')), standing(base))
