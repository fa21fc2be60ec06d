-- Moves a dead letter back into the stream it came from, as it was, and out of the dead letters in one step.
--
-- KEYS  1 dead-letter stream   2 the stream it goes back to
-- ARGV  1 id of the dead letter   2 the prefix of the original fields' names
-- Returns the id of the new entry, or false where the dead letter is no longer there.
local letter = redis.call('XRANGE', KEYS[1], ARGV[1], ARGV[1])[1]
if not letter then return false end

local prefix, original = ARGV[2], {}
for i = 1, #letter[2], 2 do
  local name = letter[2][i]
  if string.sub(name, 1, #prefix) == prefix then
    original[#original + 1] = string.sub(name, #prefix + 1)
    original[#original + 1] = letter[2][i + 1]
  end
end

local id = redis.call('XADD', KEYS[2], '*', unpack(original))
redis.call('XDEL', KEYS[1], ARGV[1])
return id
