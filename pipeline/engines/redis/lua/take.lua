#!lua flags=allow-oom
-- Takes pending entries into this consumer's hands again: those whose retry is due (whoever holds them; the one who
-- removes the due time gets the entry), or those it already owns and that wait for no retry.
--
-- KEYS  1 stream   2 retry times (zset)   3 attempts (hash)
-- ARGV  1 group   2 consumer   3 'due' or 'owned'   4.. ids
-- Returns {taken, gone}: taken is {id, {name, value, ..}, deliveries, account or false}; gone are ids of entries that
-- were pending but no longer stand in the stream.
local stream, retries, attempts = KEYS[1], KEYS[2], KEYS[3]
local group, consumer, due = ARGV[1], ARGV[2], ARGV[3] == 'due'

local taken, gone = {}, {}
for i = 4, #ARGV do
  local id = ARGV[i]
  local pending = redis.call('XPENDING', stream, group, id, id, 1)[1]
  local ours
  if due then
    ours = redis.call('ZREM', retries, id) == 1 and pending
  else
    ours = pending and pending[2] == consumer and not redis.call('ZSCORE', retries, id)
  end
  if ours then
    local entry = redis.call('XCLAIM', stream, group, consumer, 0, id)[1]
    if entry then
      taken[#taken + 1] = {id, entry[2], pending[4] + 1, redis.call('HGET', attempts, id)}
    else
      redis.call('HDEL', attempts, id)
      gone[#gone + 1] = id
    end
  end
end
return {taken, gone}
