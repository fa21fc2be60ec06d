#!lua flags=allow-oom
-- Takes the turn where nobody has it, or keeps it longer where it is ours: also in a full Redis, which archiving empties.
--
-- KEYS  1 turn
-- ARGV  1 token   2 how long it lasts, milliseconds
-- Returns whether it is ours.
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
