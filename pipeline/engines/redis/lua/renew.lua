#!lua flags=allow-oom
--#include fence
--#include owned
--#include tombstone
-- Renews the lease of what a consumer works on, if it still is the owner: an unconditional XCLAIM would steal entries
-- back from whoever took them over. Renews the fence too.
--
-- KEYS  1 stream   2 attempts (hash)   3 fence   4 dead letters
-- ARGV  1 group   2 consumer   3 token of the fence   4 how long the fence lasts, milliseconds
--       5 the tombstone's fields, msgpack   6.. ids, sorted
-- Returns {lost, gone}: ids that are another consumer's now, and ids that no longer stand in the stream.
local stream, group, consumer = KEYS[1], ARGV[1], ARGV[2]
local holder = fenced_by(KEYS[3], ARGV[3])
if holder then return redis.error_reply('FENCED by ' .. holder) end
redis.call('SET', KEYS[3], ARGV[3], 'PX', ARGV[4])

local lost, gone, owned = {}, {}, {}
if #ARGV > 5 then
  local is_owned = ownership(stream, group, consumer, ARGV[6], ARGV[#ARGV], #ARGV - 5)
  for i = 6, #ARGV do
    local which = is_owned(ARGV[i]) and owned or lost
    which[#which + 1] = ARGV[i]
  end
end

-- XCLAIM forgets a pending entry that is no longer in the stream, and leaves it out of its answer.
local kept = {}
for from = 1, #owned, 1000 do
  local slice = {unpack(owned, from, math.min(from + 999, #owned))}
  slice[#slice + 1] = 'JUSTID'
  for _, id in ipairs(redis.call('XCLAIM', stream, group, consumer, 0, unpack(slice))) do kept[id] = true end
end
local fields = cmsgpack.unpack(ARGV[5])
for _, id in ipairs(owned) do
  if not kept[id] then
    gone[#gone + 1] = id
    bury_trimmed(KEYS[4], fields, KEYS[2], id)
  end
end
return {lost, gone}
