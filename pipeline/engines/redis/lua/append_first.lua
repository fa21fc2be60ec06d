#!lua
-- Appends entries that may be offered more than once: what was offered before, within its memory, is answered as it
-- was then. The entries and the memory of them are written in one step, so neither is ever there without the other.
--
-- KEYS  1 stream   2.. the memory of each entry
-- ARGV  1 seconds for which an entry is remembered
--       2 the entries, msgpack: {{memo, {name, value, ..}}, ..}, in the order of their keys
-- Returns for each {id, memo as it was first given, 1 where it was appended now}.
local seconds, entries = ARGV[1], cmsgpack.unpack(ARGV[2])
local answers = {}
for i, entry in ipairs(entries) do
  local known = redis.call('GET', KEYS[1 + i])
  if known then
    local space = string.find(known, ' ', 1, true)
    answers[i] = {string.sub(known, 1, space - 1), string.sub(known, space + 1), 0}
  else
    local id = redis.call('XADD', KEYS[1], '*', unpack(entry[2]))
    redis.call('SET', KEYS[1 + i], id .. ' ' .. entry[1], 'EX', seconds)
    answers[i] = {id, entry[1], 1}
  end
end
return answers
