#!lua flags=allow-oom
-- Writes the outcomes of a batch: whatever the consumer still owns is forwarded, acknowledged and removed in one
-- step; what it lost to another consumer is left alone and returned.
--
-- KEYS  1 stream   2 retry times (zset)   3 attempts (hash)   4.. destinations
-- ARGV  1 group   2 consumer   3 '1': keep settled entries in the stream (it is an audit trail)
--       4 the batch, msgpack, sorted by id: {id, {{destination, {name, value, ..}}, ..}} or {id, false, due_ms, account}
--
-- Scripts do not roll back: the ownership check comes first, and nothing after it can fail but for memory, which
-- the flag above allows for (a full Redis must be able to drain).
local stream, retries, attempts = KEYS[1], KEYS[2], KEYS[3]
local group, consumer, keep = ARGV[1], ARGV[2], ARGV[3] == '1'
local batch = cmsgpack.unpack(ARGV[4])

local function owned_by_us(first, last, count)
  local owned = {}
  for _, pending in ipairs(redis.call('XPENDING', stream, group, first, last, count, consumer)) do
    owned[pending[1]] = true
  end
  return owned
end

-- One range answers for the batch. A consumer that also holds many entries waiting for a retry may fill the range
-- before its end; then the rest is asked for one by one.
local room = 2 * #batch + 16
local owned = owned_by_us(batch[1][1], batch[#batch][1], room)
local seen = 0
for _ in pairs(owned) do seen = seen + 1 end
local truncated = seen == room

local lost, done = {}, {}
for _, entry in ipairs(batch) do
  local id, appends = entry[1], entry[2]
  if not owned[id] and truncated then owned[id] = owned_by_us(id, id, 1)[id] end
  if not owned[id] then
    lost[#lost + 1] = id
  elseif appends then
    for _, append in ipairs(appends) do
      redis.call('XADD', KEYS[3 + append[1]], '*', unpack(append[2]))
    end
    done[#done + 1] = id
  else
    redis.call('ZADD', retries, entry[3], id)
    redis.call('HSET', attempts, id, entry[4])
    -- The handler survived: Redis' own count starts anew, so that it counts only deliveries that ended in a crash.
    redis.call('XCLAIM', stream, group, consumer, 0, id, 'RETRYCOUNT', 0, 'JUSTID')
  end
end

-- unpack() is bounded by Lua's stack, so the ids go in slices.
for from = 1, #done, 4000 do
  local to = math.min(from + 3999, #done)
  redis.call('XACK', stream, group, unpack(done, from, to))
  if not keep then redis.call('XDEL', stream, unpack(done, from, to)) end
  redis.call('HDEL', attempts, unpack(done, from, to))
end
return lost
