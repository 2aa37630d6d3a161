-- mark_epoch: the last step of filling Redis again: from now on the scripts work. Has no guard before it.
-- KEYS[1] epoch
-- ARGV[1] epoch   ARGV[2] run id of the server that was filled
-- Replies {'MARKED'} | {'LOST'} (meanwhile another server answers, or somebody else fills)
local run_id = string.match(redis.call('INFO', 'server'), 'run_id:(%w+)')
if run_id ~= ARGV[2] or redis.call('HGET', KEYS[1], 'filling') ~= ARGV[1] then
  return {'LOST'}
end
redis.call('HDEL', KEYS[1], 'filling')
redis.call('HSET', KEYS[1], 'epoch', ARGV[1], 'run_id', ARGV[2])
return {'MARKED'}
