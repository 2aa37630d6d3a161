-- read_moves: who went out of plain waiting, or came back into it, since the moves that the caller knows.
-- KEYS[1] epoch, [16] moves
-- ARGV[2] the epoch that the caller knows, or -1   ARGV[3] the number of the last batch that it knows   ARGV[4] most batches
-- Replies {'MOVES', epoch, number of the last batch of these, missed (0 or 1), XRANGE's reply}
local known, last = tonumber(ARGV[3]), tonumber(redis.call('HGET', KEYS[1], 'moves') or 0)
if tonumber(ARGV[2]) ~= epoch then
  return {'MOVES', epoch, last, ARGV[2] == '-1' and 0 or 1, {}}
elseif known >= last then
  return {'MOVES', epoch, last, 0, {}}
end
local next_one = string.format('%.0f-%.0f', epoch, known + 1)
local batches = redis.call('XRANGE', KEYS[16], next_one, '+', 'COUNT', ARGV[4])
if not batches[1] or batches[1][1] ~= next_one then
  return {'MOVES', epoch, last, 1, {}}
end
return {'MOVES', epoch, math.min(known + #batches, last), 0, batches}
