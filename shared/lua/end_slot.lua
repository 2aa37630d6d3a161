-- end_slot: the visitor is done shopping; the slot is free for the next. Idempotent by sid.
-- KEYS[2] slots: sorted set sid -> lives until, ms
-- KEYS[3] unrecorded: stream of what the ledger has yet to learn
-- ARGV[2] sid
-- Replies {'ENDED', now} | {'GONE', now} (it had no slot any more)
if redis.call('ZREM', KEYS[2], ARGV[2]) == 0 then
  return {'GONE', now}
end
redis.call('XADD', KEYS[3], '*', 'kind', 'finished', 'sid', ARGV[2], 'at', string.format('%.0f', now), 'epoch', string.format('%.0f', epoch))
return {'ENDED', now}
