-- The epoch guard, put before every script that may change something.
-- KEYS[1]  epoch key: a hash with `epoch` and the `run_id` of the server it was written on
-- ARGV[1]  now in ms; 0: the server's clock
-- Replies {'LOST'} where the mark is absent (emptied server) or of another run (restart, old snapshot, failover).
-- Gives the body: epoch (number), now (ms).
local mark = redis.call('HMGET', KEYS[1], 'epoch', 'run_id')
if not mark[1] or mark[2] ~= string.match(redis.call('INFO', 'server'), 'run_id:(%w+)') then
  return {'LOST'}
end
local epoch = tonumber(mark[1])
local now = tonumber(ARGV[1])
if now == 0 then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end
