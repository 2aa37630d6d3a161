-- move_lapse: makes a hold lapse at another time: at the payment's deadline while it is being paid for, and at its own
-- expiry again when the card was declined. A buyer cannot ask for it.
-- KEYS: see show.lua
-- ARGV[2] reservation id   ARGV[3] lapses at, ms
-- Replies {'MOVED', now} | {'GONE', now} (there is no such hold, or it is booked)
if not redis.call('ZSCORE', KEYS[4], ARGV[2]) then return {'GONE', now} end
redis.call('ZADD', KEYS[4], 'XX', ARGV[3], ARGV[2])
return {'MOVED', now}
