#!lua flags=no-writes
-- What the server knows of a group's work on a stream.
--
-- KEYS  1 stream
-- ARGV  1 group
-- Returns {} without the stream or the group; else
-- {length, entries ever added, pending, unread or -1, milliseconds since a consumer was heard of or -1, age in
--  milliseconds of the oldest unfinished entry or -1}. -1 stands for what is not known, or not there.
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
if not group then return {} end

local heard = -1
for _, flat in ipairs(redis.call('XINFO', 'CONSUMERS', KEYS[1], ARGV[1])) do
  local idle = attributes(flat)['idle']
  if heard == -1 or idle < heard then heard = idle end
end

local oldest = math.huge
local function meet(row)
  if row then oldest = math.min(oldest, tonumber(string.match(row[1], '^%d+'))) end
end
meet(redis.call('XPENDING', KEYS[1], ARGV[1], '-', '+', 1)[1])
meet(redis.call('XRANGE', KEYS[1], '(' .. group['last-delivered-id'], '+', 'COUNT', 1)[1])
local age = -1
if oldest < math.huge then
  local now = redis.call('TIME')
  -- An id may lie ahead of the clock: it was set back, or the id was given by hand.
  age = math.max(0, now[1] * 1000 + math.floor(now[2] / 1000) - oldest)
end

local stream = attributes(redis.call('XINFO', 'STREAM', KEYS[1]))
-- A null of Redis is `false` here.
return {stream['length'], stream['entries-added'], group['pending'], group['lag'] or -1, heard, age}
