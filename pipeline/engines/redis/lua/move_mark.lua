#!lua flags=allow-oom
-- Moves the mark of what is archived, while the turn is ours: also in a full Redis, which archiving empties.
--
-- KEYS  1 mark   2 turn
-- ARGV  1 token   2 id
-- Returns whether it was moved.
if redis.call('GET', KEYS[2]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2])
return 1
