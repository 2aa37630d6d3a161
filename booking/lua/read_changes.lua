-- read_changes: what became of the map after a version, as far as the stream of changes reaches back. Changes nothing.
-- KEYS: see show.lua
-- ARGV[2] the version that is known; 0: none is
-- Replies {'CHANGES', now, version} and then, for each later version that is still known: version, 'seat:byte,seat:byte'
local version = redis.call('HGET', KEYS[7], 'version')
local reply = {'CHANGES', now, version}
if version == ARGV[2] then return reply end
for _, entry in ipairs(redis.call('XRANGE', KEYS[8], '(' .. ARGV[2] .. '-0', '+')) do
  reply[#reply + 1] = string.match(entry[1], '^%d+')
  reply[#reply + 1] = entry[2][2]
end
return reply
