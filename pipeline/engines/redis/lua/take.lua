#!lua flags=allow-oom
--#include fence
--#include tombstone
-- Takes pending entries into this consumer's hands again, whatever made them come back:
--   'due'     their retry is due, whoever holds them; the one who removes the due time gets the entry
--   'owned'   this consumer holds them already: a dead process' of the same name, or hidden by a dropped connection
--   'orphan'  nobody touched them for a lease; the search goes on where the last one ended, whoever made it
-- What waits for a retry is left alone in the last two. What was removed from the stream meanwhile gets a tombstone.
-- Only a retry counts as a delivery here; the others are suspects, and are counted when their work begins (begin.lua).
--
-- KEYS  1 stream   2 retry times (zset)   3 attempts (hash)   4 fence   5 the search's cursor   6 dead letters
-- ARGV  1 group   2 consumer   3 token of the fence   4 which   5 most entries wanted
--       6 'due': the time, 'owned': the id to begin with, 'orphan': the lease (times in epoch milliseconds)
--       7 the tombstone's fields, msgpack   8.. ids to leave alone: the consumer works on them
-- Returns {taken, gone, where}: taken is {id, {name, value, ..}, deliveries with this one, account or false}; gone are ids of
-- entries that no longer stood in the stream; where is the last id looked at ('' at the end).
local stream, retries, attempts = KEYS[1], KEYS[2], KEYS[3]
local group, consumer, which, most = ARGV[1], ARGV[2], ARGV[4], tonumber(ARGV[5])
local in_hand = {}
for i = 8, #ARGV do in_hand[ARGV[i]] = true end

local holder = fenced_by(KEYS[4], ARGV[3])
if holder then return redis.error_reply('FENCED by ' .. holder) end

local ids, gone, where = {}, {}, ''
if which == 'due' then
  ids = redis.call('ZRANGEBYSCORE', retries, '-inf', ARGV[6], 'LIMIT', 0, most)
elseif which == 'owned' then
  for _, pending in ipairs(redis.call('XPENDING', stream, group, ARGV[6], '+', most, consumer)) do
    ids[#ids + 1] = pending[1]
    where = pending[1]
  end
else
  local cursor = redis.call('GET', KEYS[5]) or '0-0'
  local found = redis.call('XAUTOCLAIM', stream, group, consumer, ARGV[6], cursor, 'COUNT', most, 'JUSTID')
  redis.call('SET', KEYS[5], found[1])
  ids, gone = found[2], found[3]
  where = found[1] ~= '0-0' and found[1] or ''
end

local taken = {}
for _, id in ipairs(ids) do
  local pending = not in_hand[id] and redis.call('XPENDING', stream, group, id, id, 1)[1]
  local ours
  if in_hand[id] then
    ours = false
  elseif which == 'due' then
    ours = redis.call('ZREM', retries, id) == 1 and pending
    if not pending then redis.call('HDEL', attempts, id) end
  else
    ours = pending and not redis.call('ZSCORE', retries, id)
  end
  if ours then
    local count = which == 'due' and 1 or pending[4]
    redis.call('XCLAIM', stream, group, consumer, 0, id, 'RETRYCOUNT', count, 'JUSTID')
    local entry = redis.call('XRANGE', stream, id, id)[1]
    if entry then
      local deliveries = which == 'due' and 1 or pending[4] + 1
      taken[#taken + 1] = {id, entry[2], deliveries, redis.call('HGET', attempts, id)}
    else
      gone[#gone + 1] = id
    end
  end
end

local fields = cmsgpack.unpack(ARGV[7])
for _, id in ipairs(gone) do
  redis.call('ZREM', retries, id)
  bury_trimmed(KEYS[6], fields, attempts, id)
end
return {taken, gone, where}
