#!lua flags=no-writes
-- How long the oldest entry that a group has not finished has been in the stream: one that is pending (in somebody's
-- hands, or waiting for a retry) or one that the group was not given yet. Without the group, the stream's first.
--
-- KEYS  1 stream
-- ARGV  1 group
-- Returns {age in milliseconds}, by the clock of this server, which also made the ids; {} where nothing is unfinished.
if redis.call('EXISTS', KEYS[1]) == 0 then return {} end

local function attributes(flat)
  local named = {}
  for i = 1, #flat, 2 do named[flat[i]] = flat[i + 1] end
  return named
end

local group
for _, flat in ipairs(redis.call('XINFO', 'GROUPS', KEYS[1])) do
  local each = attributes(flat)
  if each['name'] == ARGV[1] then group = each end
end

local function milliseconds(row)
  return row and tonumber(string.match(row[1], '^%d+'))
end

local pending
local after = '0-0'
if group then
  pending = milliseconds(redis.call('XPENDING', KEYS[1], ARGV[1], '-', '+', 1)[1])
  after = group['last-delivered-id']
end
local undelivered = milliseconds(redis.call('XRANGE', KEYS[1], '(' .. after, '+', 'COUNT', 1)[1])
if not pending and not undelivered then return {} end

local oldest = math.min(pending or math.huge, undelivered or math.huge)
local now = redis.call('TIME')
-- An id may lie ahead of the clock: it was set back, or the id was given by hand.
return {math.max(0, now[1] * 1000 + math.floor(now[2] / 1000) - oldest)}
