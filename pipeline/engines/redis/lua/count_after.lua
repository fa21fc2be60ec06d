#!lua flags=no-writes
-- Counts entries where the server itself does not know how many there are.
--
-- KEYS  1 stream
-- ARGV  1 id after which entries count   2 the most that are counted
-- Returns {count, id}: how many were counted, and the id after which to go on (that of ARGV 1 where there was none).
-- No entry leaves the server; the caller asks in pages, since a script holds up every other client while it runs.
local found = redis.call('XRANGE', KEYS[1], '(' .. ARGV[1], '+', 'COUNT', ARGV[2])
local last = found[#found]
return {#found, last and last[1] or ARGV[1]}
