#!lua
--#include generations
--#include moments
--#include admission
-- Says of entries that are appended elsewhere which were offered before, and which may come in now.
--
-- KEYS  1, 2 what was offered, by name (two generations)   3, 4, 5 young, old and came, see admission
-- ARGV  1 ms for which an entry is remembered   2, 3, 4, 5 most, window, key_most and key_seconds, see admission
--       6 the entries, msgpack: {{name, speaker or false} or false, ..}; false counts for the key alone
-- Returns for each {what is remembered of it, ''} or {'', why not}: 'key', 'speaker', or '' where it may come in.
local entries = cmsgpack.unpack(ARGV[6])
local offered = generations(KEYS[1], KEYS[2], tonumber(ARGV[1]))
local refusal, write_admitted = admission(
  KEYS[3], KEYS[4], tonumber(ARGV[2]), tonumber(ARGV[3]), KEYS[5], tonumber(ARGV[4]), ARGV[5], entries)
offered.learn(each_of(entries, 1))
local answers = {}
for i, entry in ipairs(entries) do
  local known = entry and offered.get(entry[1])
  answers[i] = known and {known, ''} or {'', entry and refusal(i, entry[2]) or ''}
end
write_admitted()
return answers
