-- give_pass: the identity has a pass from now on; the next tick of an open drop moves its place to the side list.
-- KEYS[1] epoch, [14] passes: hash base -> pass, [15] passes due: sorted set of bases to look for
-- ARGV[2] base of the identity's places   ARGV[3] the pass, or '' to take it back
-- Replies {'GIVEN'}
if ARGV[3] == '' then
  redis.call('HDEL', KEYS[14], ARGV[2])
  redis.call('ZREM', KEYS[15], ARGV[2])
else
  redis.call('HSET', KEYS[14], ARGV[2], ARGV[3])
  redis.call('ZADD', KEYS[15], 0, ARGV[2])
end
return {'GIVEN'}
