#!lua flags=allow-oom
--#include tombstone
-- Trims the public stream below the replay window and below what any group still needs: its oldest pending entry, or
-- the successor of the last one it was given. Keeps each group's checkpoint, from which it is made again if it is lost.
--
-- KEYS  1 stream   2 dead letters   3 attempts (hash; unused by unread entries)   4.. of each group named in ARGV:
--       its checkpoint, and the mark of the last loss that was reported
-- ARGV  1 oldest id to keep, by the replay window   2 the tombstone's fields, msgpack   3.. groups
-- Returns {trimmed, losses}: how many entries went, and {group, count} where entries that a group had not been given
-- were removed by somebody else.
local function as_map(flat)
  local map = {}
  for i = 1, #flat, 2 do map[flat[i]] = flat[i + 1] end
  return map
end
local function parts(id)
  local ms, number = string.match(id, '^(%d+)-(%d+)$')
  return ms, number
end
-- As text: Lua's numbers hold no 64 bits.
local function padded(id)
  local ms, number = parts(id)
  return string.rep('0', 20 - #ms) .. ms .. '-' .. string.rep('0', 20 - #number) .. number
end
local function before(id)
  local ms, number = parts(id)
  if number ~= '0' then return ms .. '-' .. string.format('%.0f', tonumber(number) - 1) end
  return string.format('%.0f', tonumber(ms) - 1) .. '-18446744073709551615'
end

if redis.call('EXISTS', KEYS[1]) == 0 then return {0, {}} end
local stream = as_map(redis.call('XINFO', 'STREAM', KEYS[1]))
local groups = {}
for _, info in ipairs(redis.call('XINFO', 'GROUPS', KEYS[1])) do
  local group = as_map(info)
  groups[group.name] = group
end
-- Nobody has ever read: everything is still needed.
if next(groups) == nil then return {0, {}} end

local floor = ARGV[1]
local losses = {}
for name, group in pairs(groups) do
  local oldest = redis.call('XPENDING', KEYS[1], name)[2]
  -- MINID keeps the id itself: the last delivered entry stays, its successor is safe.
  group.needs = oldest or group['last-delivered-id']
  group.checkpoint = oldest and before(oldest) or group['last-delivered-id']
  if padded(group.needs) < padded(floor) then floor = group.needs end
end

local first = stream['first-entry'] and stream['first-entry'][1] or nil
for i = 3, #ARGV do
  local group = groups[ARGV[i]]
  local checkpoint, mark = KEYS[4 + 2 * (i - 3)], KEYS[5 + 2 * (i - 3)]
  if group then
    redis.call('SET', checkpoint, group.checkpoint)
    local read = group['entries-read']
    local is_behind = not first or padded(first) > padded(group['last-delivered-id'])
    local missing = read and is_behind and stream['entries-added'] - read - stream.length or 0
    local told = group['last-delivered-id'] .. ' ' .. string.format('%d', missing)
    if missing > 0 and redis.call('GET', mark) ~= told then
      redis.call('SET', mark, told)
      local fields = cmsgpack.unpack(ARGV[2])
      bury_trimmed(KEYS[2], fields, KEYS[3], group['last-delivered-id'])
      losses[#losses + 1] = {ARGV[i], missing}
    end
  end
end
return {redis.call('XTRIM', KEYS[1], 'MINID', '=', floor), losses}
