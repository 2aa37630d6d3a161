-- check_epoch: whether Redis remembers the drop. Has no guard before it: it is asked when the guard said LOST.
-- KEYS[1] epoch
-- Replies {'REMEMBERS' | 'FILLED' | 'LOST', run id of the server, epoch that it remembers or was filled for, or ''}
local run_id = string.match(redis.call('INFO', 'server'), 'run_id:(%w+)')
local mark = redis.call('HMGET', KEYS[1], 'epoch', 'run_id', 'filling')
if mark[1] and mark[2] == run_id then
  return {'REMEMBERS', run_id, mark[1]}
end
local epoch, filled = string.match(mark[3] or '', '(%d+) (%w+)')
return {filled == run_id and 'FILLED' or 'LOST', run_id, epoch or ''}
