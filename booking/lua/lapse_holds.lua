-- lapse_holds: puts the seats of overdue holds back on sale and begins their buyers' cool-downs.
-- KEYS: see show.lua
-- ARGV[2] how many at most
-- Replies {'LAPSED', now, id...}; as many as the limit: there may be more
local reply = {'LAPSED', now}
for _, id in ipairs(lapse_overdue(tonumber(ARGV[2]))) do reply[#reply + 1] = id end
return reply
