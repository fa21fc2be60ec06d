#!lua flags=allow-oom
-- Makes the group where it is missing (also in a full Redis, which must be able to drain), and takes the fence.
--
-- A group that was destroyed begins again at its checkpoint, never blindly at the stream's end; without one at the
-- stream's beginning: what was appended before the group existed is delivered too.
--
-- KEYS  1 stream   2 fence   3 checkpoint
-- ARGV  1 group   2 consumer   3 token of the fence   4 how long the fence lasts, milliseconds
-- Returns {made, holder}: whether the group was made, and '' or who holds the fence. A process of the same name
-- takes it over at once: the name's earlier process is dead, or must not go on.
local made = 0
local answer = redis.pcall('XGROUP', 'CREATE', KEYS[1], ARGV[1], redis.call('GET', KEYS[3]) or '0', 'MKSTREAM')
if not answer.err then
  made = 1
elseif string.sub(answer.err, 1, 9) ~= 'BUSYGROUP' then
  return answer
end

local holder = redis.call('GET', KEYS[2])
if holder and string.match(holder, '^(.*)/') ~= ARGV[2] then return {made, holder} end
redis.call('SET', KEYS[2], ARGV[3], 'PX', ARGV[4])
return {made, ''}
