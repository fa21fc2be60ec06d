-- Appends a record that may be offered more than once, at most once.
--
-- KEYS  1 stream   2 the mark that this record was appended
-- ARGV  1 seconds the mark is kept   2.. names and values in turn
-- Returns the entry's id, or false where the record was appended before.
if redis.call('EXISTS', KEYS[2]) == 1 then return false end
local id = redis.call('XADD', KEYS[1], '*', unpack(ARGV, 2))
redis.call('SET', KEYS[2], id, 'EX', ARGV[1])
return id
