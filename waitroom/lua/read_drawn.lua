-- read_drawn: a page of the places that the draw ordered, out of a list of them.
-- KEYS[1] epoch, [2] list: sorted set place -> score, not turned
-- ARGV[2] the least score   ARGV[3] most places
-- Replies {'PAGE', epoch, the last one's score or '', {place...}}: below 2^52, the lowest scores first
local places = redis.call('ZRANGEBYSCORE', KEYS[2], ARGV[2], '(4503599627370496', 'LIMIT', 0, ARGV[3])
return {'PAGE', epoch, #places > 0 and redis.call('ZSCORE', KEYS[2], places[#places]) or '', places}
