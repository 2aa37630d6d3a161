-- read_drawn: a page of the places that the draw ordered, out of a list of them.
-- KEYS[1] epoch, [2] list: sorted set place -> score, not turned
-- ARGV[2] the least score   ARGV[3] most places
-- Replies {'PAGE', epoch, {place, score...}}: below 2^52, the lowest scores first
return {'PAGE', epoch, redis.call('ZRANGEBYSCORE', KEYS[2], ARGV[2], '(4503599627370496', 'WITHSCORES', 'LIMIT', 0, ARGV[3])}
