-- close_roster: the roster is stored: the scripts note no longer who of the lobby was called or has gone.
-- KEYS[1] epoch, [2] settings, [3] drawn: sorted set place -> score
-- Replies {'CLOSED'}
redis.call('HSET', KEYS[2], 'roster', '1')
redis.call('UNLINK', KEYS[3])
return {'CLOSED'}
