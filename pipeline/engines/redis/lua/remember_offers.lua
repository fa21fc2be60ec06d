#!lua
--#include generations
-- Remembers what became of offers.
--
-- KEYS  1, 2 what was offered, by name (two generations)
-- ARGV  1 ms for which it is remembered   2 msgpack: {{name, what became of it}, ..}
local offered = generations(KEYS[1], KEYS[2], tonumber(ARGV[1]))
for _, each in ipairs(cmsgpack.unpack(ARGV[2])) do offered.put(each[1], each[2]) end
offered.write()
return 1
