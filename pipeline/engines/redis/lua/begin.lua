#!lua flags=allow-oom
--#include fence
--#include owned
--#include tombstone
-- Counts that the work on an entry begins, which its process may not survive.
--
-- KEYS  1 stream   2 attempts (hash)   3 fence   4 dead letters
-- ARGV  1 group   2 consumer   3 token of the fence   4 id   5 how often it was delivered, with this time
--       6 the tombstone's fields, msgpack
-- Returns 1, or 0 where the entry is another consumer's, or -1 where it no longer stands in the stream.
local holder = fenced_by(KEYS[3], ARGV[3])
if holder then return redis.error_reply('FENCED by ' .. holder) end
if not owned_between(KEYS[1], ARGV[1], ARGV[2], ARGV[4], ARGV[4], 1)[ARGV[4]] then return 0 end
local kept = redis.call('XCLAIM', KEYS[1], ARGV[1], ARGV[2], 0, ARGV[4], 'RETRYCOUNT', ARGV[5], 'JUSTID')
if kept[1] then return 1 end
bury_trimmed(KEYS[4], cmsgpack.unpack(ARGV[6]), KEYS[2], ARGV[4])
return -1
