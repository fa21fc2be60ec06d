#!lua
-- Moves a dead letter back into the stream it came from, as it was, and out of the dead letters in one step. Without
-- the flag allow-oom a full Redis refuses it before anything is written.
--
-- KEYS  1 dead-letter stream   2 the stream it goes back to
-- ARGV  1 id of the dead letter   2 the name of its field that holds the original fields, msgpack: {name, value, ..}
-- Returns the id of the new entry, or false where the dead letter is no longer there.
local letter = redis.call('XRANGE', KEYS[1], ARGV[1], ARGV[1])[1]
if not letter then return false end

local original
for i = 1, #letter[2], 2 do
  if letter[2][i] == ARGV[2] then original = cmsgpack.unpack(letter[2][i + 1]) end
end

local id = redis.call('XADD', KEYS[2], '*', unpack(original))
redis.call('XDEL', KEYS[1], ARGV[1])
return id
