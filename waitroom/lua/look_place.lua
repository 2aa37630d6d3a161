-- look_place: the visitor of an identity asks where they stand, and is seen by that.
-- KEYS[1] epoch, [2] settings, [3] to [17] as in standing.lua, places.lua and presence.lua
-- ARGV[2] base of the identity's places
-- Replies {'STANDS', now, epoch, opened, waiting, side, turn, standing...}
return reply('STANDS', has_opened(redis.call('HGET', KEYS[2], 'opens_at')), sighted(ARGV[2], now))
