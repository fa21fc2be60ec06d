#!lua
-- Has an entry that still stands in its stream (the public one keeps what is settled) delivered once more, due at
-- once, and takes its dead letter away in one step. It stays the entry it was, so that its id, from which the
-- comment's identity and place derive, is the same. Without the flag allow-oom a full Redis refuses it before
-- anything is written.
--
-- KEYS  1 dead-letter stream   2 stream   3 retry times (zset)   4 attempts (hash)
-- ARGV  1 id of the dead letter   2 group   3 consumer that holds it until somebody takes what is due
--       4 id of the entry   5 the time, epoch milliseconds
-- Returns 1, 0 where the entry no longer stands in its stream, or false where the dead letter is no longer there.
if #redis.call('XRANGE', KEYS[1], ARGV[1], ARGV[1]) == 0 then return false end
if #redis.call('XRANGE', KEYS[2], ARGV[4], ARGV[4]) == 0 then return 0 end

-- Pending already: a group that was made anew has it in hand, and will settle it.
if #redis.call('XPENDING', KEYS[2], ARGV[2], ARGV[4], ARGV[4], 1) == 0 then
  redis.call('XCLAIM', KEYS[2], ARGV[2], ARGV[3], 0, ARGV[4], 'RETRYCOUNT', 0, 'FORCE', 'JUSTID')
  redis.call('HDEL', KEYS[4], ARGV[4])
  redis.call('ZADD', KEYS[3], ARGV[5], ARGV[4])
end
redis.call('XDEL', KEYS[1], ARGV[1])
return 1
