-- An entry that somebody removed from the stream before it was settled: a dead letter is all that is left of it.
-- `fields` are the tombstone's, without the entry's own.
local function bury_trimmed(dead, fields, attempts, id)
  local failures, first = string.match(redis.call('HGET', attempts, id) or '0:0', '^(%d+):(%d+)')
  local time = redis.call('TIME')
  local now = time[1] .. string.format('%03d', math.floor(tonumber(time[2]) / 1000))
  redis.call('HDEL', attempts, id)
  redis.call('XADD', dead, '*', 'entry_id', id, 'attempts', failures,
    'first_failed_ms', first ~= '0' and first or now, 'last_failed_ms', now, unpack(fields))
end
