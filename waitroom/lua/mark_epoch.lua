-- mark_epoch: the last step of filling Redis again: from now on the scripts work. Has no guard before it.
-- KEYS[1] epoch
-- ARGV[1] epoch   ARGV[2] run id of the server that was filled   ARGV[3] now in ms; 0: the server's clock
-- ARGV[4] for how long nobody is called from now on, ms
-- Replies {'MARKED'} | {'LOST'} (meanwhile another server answers, or somebody else fills)
local run_id = string.match(redis.call('INFO', 'server'), 'run_id:(%w+)')
if run_id ~= ARGV[2] or redis.call('HGET', KEYS[1], 'filling') ~= ARGV[1] then
  return {'LOST'}
end
redis.call('HDEL', KEYS[1], 'filling')
local now = tonumber(ARGV[3])
if now == 0 then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end
redis.call('HSET', KEYS[1], 'epoch', ARGV[1], 'run_id', ARGV[2], 'calling_from', string.format('%.0f', now + ARGV[4]))
return {'MARKED'}
