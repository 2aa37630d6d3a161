-- read_place: where an identity stands. Changes nothing.
-- KEYS[1] epoch, [2] settings, [3] to [11] as in standing.lua
-- ARGV[2] base of the identity's places
-- Replies {'STANDS', now, epoch, opened, waiting, side, turn, standing...}
return reply('STANDS', has_opened(redis.call('HGET', KEYS[2], 'opens_at')), standing(ARGV[2]))
