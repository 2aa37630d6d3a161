-- put_handover: keeps the single-use code that takes a place to another device.
-- KEYS[1] epoch, [2] handover: the key of the code's digest, [3] made: how many codes this place was given lately
-- ARGV[2] whose place it is (JSON)   ARGV[3] lifetime, ms   ARGV[4] how many codes a place may have in a lifetime
-- Replies {'PUT'} | {'FULL', when there may be another, in so many ms}
local made = redis.call('INCR', KEYS[3])
if made == 1 then
  redis.call('PEXPIRE', KEYS[3], ARGV[3])
elseif made > tonumber(ARGV[4]) then
  return {'FULL', tostring(redis.call('PTTL', KEYS[3]))}
end
redis.call('SET', KEYS[2], ARGV[2], 'PX', ARGV[3])
return {'PUT'}
