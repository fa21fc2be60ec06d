#!lua flags=no-writes
-- Entries as they lie there: the client's own reading of XRANGE would lose a field that an entry has twice.
--
-- KEYS  1 stream
-- ARGV  1 first id   2 last id   3 most entries
-- Returns {id, {name, value, ..}} for each.
return redis.call('XRANGE', KEYS[1], ARGV[1], ARGV[2], 'COUNT', ARGV[3])
