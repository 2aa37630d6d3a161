-- put_code: keeps the single-use code that carries an admitted visitor to the shop.
-- KEYS[1] epoch, [2] code: the key of its digest
-- ARGV[2] what it is good for (JSON)   ARGV[3] lifetime, ms
-- Replies {'PUT'}
redis.call('SET', KEYS[2], ARGV[2], 'PX', ARGV[3])
return {'PUT'}
