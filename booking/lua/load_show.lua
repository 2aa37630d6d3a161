-- load_show: fills Redis's memory of a show from Postgres, and writes the mark last. Not guarded: the mark is what is
-- missing. Refused where a later epoch, or the same one, has been loaded by this run of the server already.
-- KEYS: see show.lua
-- ARGV[1] epoch   ARGV[2] epoch * 2^32   ARGV[3] bytes   ARGV[4] number of cool-downs n
-- then n times: buyer, until ms; then, to the end: id, lapses at in ms ('' when booked), fence, cool-down ms, seats, buyer
-- Replies {'LOADED'} | {'OLDER'} (somebody was faster)
local run_id = string.match(redis.call('INFO', 'server'), 'run_id:(%w+)')
local mark = redis.call('HMGET', KEYS[1], 'epoch', 'run_id')
if mark[1] and mark[2] == run_id and tonumber(mark[1]) >= tonumber(ARGV[1]) then return {'OLDER'} end

redis.call('DEL', unpack(KEYS, 1, 8))
redis.call('SET', KEYS[2], ARGV[3])
redis.call('HSET', KEYS[7], 'version', ARGV[2], 'fence', ARGV[2])
local cooling = tonumber(ARGV[4])
for index = 5, 4 + 2 * cooling, 2 do redis.call('ZADD', KEYS[6], ARGV[index + 1], ARGV[index]) end
for index = 5 + 2 * cooling, #ARGV, 6 do
  local id, lapses_at, fence, cooldown, list, buyer = unpack(ARGV, index, index + 5)
  redis.call('HSET', KEYS[3], id, fence .. '|' .. cooldown .. '|' .. list .. '|' .. buyer)
  if lapses_at ~= '' then
    redis.call('ZADD', KEYS[4], lapses_at, id)
    redis.call('HSET', KEYS[5], buyer, id)
  end
end
redis.call('SPUBLISH', KEYS[9], ARGV[2] .. ' reload')
redis.call('HSET', KEYS[1], 'epoch', ARGV[1], 'run_id', run_id)
return {'LOADED'}
