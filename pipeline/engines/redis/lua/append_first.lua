#!lua
--#include generations
--#include moments
--#include admission
-- Appends entries that may be offered more than once, and not faster than the limits say: what was offered before,
-- within its memory, is answered as it was then, whatever the limits. Entries, memory and counts are written in one
-- step, so none is ever there without the others.
--
-- KEYS  1, 2 what was offered, by name: its entry (two generations)   3, 4, 5 young, old and came, see admission
--       6 stream
-- ARGV  1 ms for which an entry is remembered   2, 3, 4, 5 most, window, key_most and key_seconds, see admission
--       6 the entries, msgpack: {{name, speaker or false, {name, value, ..}} or false, ..}; false counts for the key alone
--       7 the field that is given back with an entry
-- Returns for each {id, the field as it was first given, 1 where it was appended now}, or {'', why not, 0}: '' for what
-- was false, 'key' or 'speaker'.
local stream, told, entries = KEYS[6], ARGV[7], cmsgpack.unpack(ARGV[6])
local offered = generations(KEYS[1], KEYS[2], tonumber(ARGV[1]))
local refusal, write_admitted = admission(
  KEYS[3], KEYS[4], tonumber(ARGV[2]), tonumber(ARGV[3]), KEYS[5], tonumber(ARGV[4]), ARGV[5], entries)
offered.learn(each_of(entries, 1))

local function told_by(fields, otherwise)
  for i = 1, #fields, 2 do
    if fields[i] == told then return fields[i + 1] end
  end
  return otherwise
end

local answers = {}
for i, entry in ipairs(entries) do
  local known = entry and offered.get(entry[1])
  if known then
    local id = string.format('%.0f-%.0f', struct.unpack('>I6I4', known))
    local first = redis.call('XRANGE', stream, id, id)[1]
    local given = told_by(entry[3], '')
    answers[i] = {id, first and told_by(first[2], given) or given, 0}
  else
    local why = entry and refusal(i, entry[2]) or not entry and ''
    if why then
      answers[i] = {'', why, 0}
    else
      local id = redis.call('XADD', stream, '*', unpack(entry[3]))
      local ms, number = string.match(id, '^(%d+)-(%d+)$')
      offered.put(entry[1], struct.pack('>I6I4', tonumber(ms), tonumber(number)))
      answers[i] = {id, told_by(entry[3], ''), 1}
    end
  end
end
offered.write()
write_admitted()
return answers
