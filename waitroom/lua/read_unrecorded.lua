-- read_unrecorded: what the ledger has yet to learn, oldest first, with the epoch it is read in.
-- KEYS[1] epoch, [9] unrecorded
-- ARGV[2] most entries
-- Replies {'ENTRIES', epoch, XRANGE's reply}
return {'ENTRIES', epoch, redis.call('XRANGE', KEYS[9], '-', '+', 'COUNT', ARGV[2])}
