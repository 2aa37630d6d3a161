-- mark_epoch: the last step of filling Redis again: from now on the scripts work. Has no guard before it.
-- KEYS[1] epoch
-- ARGV[1] epoch   ARGV[2] run id of the server that was filled   ARGV[3] now in ms; 0: the server's clock
-- ARGV[4] for how long nobody is called from now on, ms
-- Replies {'MARKED'} (also where somebody else has done so) | {'LOST'} (meanwhile another server answers, or is filled)
local run_id = string.match(redis.call('INFO', 'server'), 'run_id:(%w+)')
local mark = redis.call('HMGET', KEYS[1], 'epoch', 'run_id', 'filling')
if run_id == ARGV[2] and mark[1] == ARGV[1] and mark[2] == run_id then
  return {'MARKED'}
elseif run_id ~= ARGV[2] or mark[3] ~= ARGV[1] .. ' ' .. ARGV[2] then
  return {'LOST'}
end
local now = tonumber(ARGV[3])
if now == 0 then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end
redis.call('HDEL', KEYS[1], 'filling')
redis.call('HSET', KEYS[1], 'epoch', ARGV[1], 'run_id', ARGV[2], 'calling_from', string.format('%.0f', now + ARGV[4]))
return {'MARKED'}
