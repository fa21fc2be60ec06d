#!lua flags=allow-oom
--#include fence
--#include owned
-- Counts that the work on an entry begins, which its process may not survive.
--
-- KEYS  1 stream   2 fence
-- ARGV  1 group   2 consumer   3 token of the fence   4 id   5 how often it was delivered, with this time
-- Returns 1, or 0 where the entry is another consumer's.
local holder = fenced_by(KEYS[2], ARGV[3])
if holder then return redis.error_reply('FENCED by ' .. holder) end
if not owned_between(KEYS[1], ARGV[1], ARGV[2], ARGV[4], ARGV[4], 1)[ARGV[4]] then return 0 end
redis.call('XCLAIM', KEYS[1], ARGV[1], ARGV[2], 0, ARGV[4], 'RETRYCOUNT', ARGV[5], 'JUSTID')
return 1
