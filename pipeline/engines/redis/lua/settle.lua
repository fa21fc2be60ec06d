#!lua flags=allow-oom
--#include fence
--#include owned
--#include tombstone
--#include append_entry
--#include remove_settled
-- Writes the outcomes of a batch: whatever the consumer still owns is forwarded, acknowledged and removed in one
-- step; what it lost to another consumer is left alone and returned.
--
-- KEYS  1 stream   2 retry times (zset)   3 attempts (hash)   4 fence   5 dead letters
--       6.. destinations, then sets of unfinished seqs
-- ARGV  1 group   2 consumer   3 token of the fence   4 '1': keep settled entries in the stream (an audit trail)
--       5 the tombstone's fields, msgpack   6 how many destinations there are
--       7 the batch, msgpack, sorted by id, by columns: ids, places, what is said, steps, seqs (see packing.Row)
-- Returns {lost, lengths, gone}: ids that are another consumer's, the length of each destination, and ids of entries
-- that were to wait for a retry and no longer stand in the stream.
--
-- Scripts do not roll back: fence and ownership come first, and nothing after them can fail but for memory, which
-- the flag above allows for (a full Redis must be able to drain).
local stream, retries, attempts = KEYS[1], KEYS[2], KEYS[3]
local group, consumer, keep, destinations = ARGV[1], ARGV[2], ARGV[4] == '1', tonumber(ARGV[6])
local ids, places, said, steps, seqs = unpack(cmsgpack.unpack(ARGV[7]))

local holder = fenced_by(KEYS[4], ARGV[3])
if holder then return redis.error_reply('FENCED by ' .. holder) end

local is_owned = ownership(stream, group, consumer, ids[1], ids[#ids], #ids)
local lost, done, gone, seen = {}, {}, {}, {}
local begun, finished = {}, {}
-- An entry may have come back while its first outcome waited: the first one counts.
for i, id in ipairs(ids) do
  local place, what, step = places[i], said[i], steps[i]
  if seen[id] or not is_owned(id) then
    lost[#lost + 1] = id
  elseif place >= 0 then
    if place > 0 then
      append_entry(KEYS[5 + place], what)
    else
      for _, append in ipairs(what) do append_entry(KEYS[5 + append[1]], append[2]) end
    end
    if step ~= 0 then
      local which = step > 0 and begun or finished
      local key = KEYS[5 + destinations + math.abs(step)]
      which[key] = which[key] or {}
      table.insert(which[key], seqs[i])
    end
    done[#done + 1] = id
  else
    redis.call('HSET', attempts, id, what[2])
    -- The handler survived: Redis' own count starts anew, so that it counts only deliveries that ended in a crash.
    local kept = redis.call('XCLAIM', stream, group, consumer, 0, id, 'RETRYCOUNT', 0, 'JUSTID')
    if kept[1] then
      redis.call('ZADD', retries, what[1], id)
    else
      gone[#gone + 1] = id
      bury_trimmed(KEYS[5], cmsgpack.unpack(ARGV[5]), attempts, id)
    end
  end
  seen[id] = true
end

-- Equal scores: the set is sorted by its members.
for key, seqs in pairs(begun) do
  local members = {}
  for i, seq in ipairs(seqs) do members[2 * i - 1], members[2 * i] = 0, seq end
  redis.call('ZADD', key, unpack(members))
end
for key, seqs in pairs(finished) do redis.call('ZREM', key, unpack(seqs)) end

-- unpack() is bounded by Lua's stack, so the ids go in slices.
local has_failures = redis.call('EXISTS', attempts) == 1
for from = 1, #done, 4000 do
  local slice = {unpack(done, from, math.min(from + 3999, #done))}
  redis.call('XACK', stream, group, unpack(slice))
  if not keep then remove_settled(stream, group, slice) end
  if has_failures then redis.call('HDEL', attempts, unpack(slice)) end
end

local lengths = {}
for i = 1, destinations do lengths[i] = redis.call('XLEN', KEYS[5 + i]) end
return {lost, lengths, gone}
