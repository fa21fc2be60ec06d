#!lua flags=allow-oom
--#include append_entry
-- Writes what a batch of another slot comes to in this one.
--
-- KEYS  1.. destinations, then sets of unfinished seqs
-- ARGV  1 how many destinations there are
--       2 the rows, msgpack: {{{destination, parts (see append_entry)}, ..}, {{set, '+' or '-', seq}, ..}}
-- Returns the length of each destination.
local destinations = tonumber(ARGV[1])
for _, row in ipairs(cmsgpack.unpack(ARGV[2])) do
  for _, append in ipairs(row[1]) do append_entry(KEYS[append[1]], append[2]) end
  for _, step in ipairs(row[2]) do
    local key = KEYS[destinations + step[1]]
    -- Equal scores: the set is sorted by its members.
    if step[2] == '+' then redis.call('ZADD', key, 0, step[3]) else redis.call('ZREM', key, step[3]) end
  end
end

local lengths = {}
for i = 1, destinations do lengths[i] = redis.call('XLEN', KEYS[i]) end
return lengths
