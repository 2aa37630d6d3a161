-- spend_handover: a code that takes a place to another device is good once.
-- KEYS[1] epoch, [2] handover: the key of the code's digest
-- Replies {'SPENT', whose place it is (JSON)} | {'GONE'} (spent, too old, or never made)
local whose = redis.call('GETDEL', KEYS[2])
if not whose then
  return {'GONE'}
end
return {'SPENT', whose}
