-- Gives the fence back, if it is still ours: whoever stands by needn't wait until it runs out.
--
-- KEYS  1 fence
-- ARGV  1 token
return redis.call('GET', KEYS[1]) == ARGV[1] and redis.call('DEL', KEYS[1]) or 0
