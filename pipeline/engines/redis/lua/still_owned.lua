#!lua flags=no-writes
--#include fence
--#include owned
-- Which entries are no longer this consumer's, before what they come to is written into other slots.
--
-- KEYS  1 stream   2 fence
-- ARGV  1 group   2 consumer   3 token of the fence   4.. ids, sorted
-- Returns the ids that are another consumer's.
local holder = fenced_by(KEYS[2], ARGV[3])
if holder then return redis.error_reply('FENCED by ' .. holder) end

local is_owned = ownership(KEYS[1], ARGV[1], ARGV[2], ARGV[4], ARGV[#ARGV], #ARGV - 3)
local lost = {}
for i = 4, #ARGV do
  if not is_owned(ARGV[i]) then lost[#lost + 1] = ARGV[i] end
end
return lost
