-- check_epoch: whether Redis remembers the drop. Has no guard before it: it is asked when the guard said LOST.
-- KEYS[1] epoch
-- Replies {'REMEMBERS' | 'LOST', run id of the server, the mark's epoch or ''}
local run_id = string.match(redis.call('INFO', 'server'), 'run_id:(%w+)')
local mark = redis.call('HMGET', KEYS[1], 'epoch', 'run_id')
return {mark[1] and mark[2] == run_id and 'REMEMBERS' or 'LOST', run_id, mark[1] or ''}
