#!lua flags=allow-oom
-- Writes what a batch of another slot comes to in this one.
--
-- KEYS  1.. destinations, then sets of unfinished seqs
-- ARGV  1 how many destinations there are
--       2 the rows, msgpack: {{{destination, {name, value, ..}}, ..}, {{set, '+' or '-', seq}, ..}}
-- Returns the length of each destination.
local destinations = tonumber(ARGV[1])
for _, row in ipairs(cmsgpack.unpack(ARGV[2])) do
  for _, append in ipairs(row[1]) do redis.call('XADD', KEYS[append[1]], '*', unpack(append[2])) end
  for _, step in ipairs(row[2]) do
    local key = KEYS[destinations + step[1]]
    -- Equal scores: the set is sorted by its members.
    if step[2] == '+' then redis.call('ZADD', key, 0, step[3]) else redis.call('ZREM', key, step[3]) end
  end
end

local lengths = {}
for i = 1, destinations do lengths[i] = redis.call('XLEN', KEYS[i]) end
return lengths
