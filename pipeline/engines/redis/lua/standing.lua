#!lua flags=no-writes
-- Where a group stands in its stream.
--
-- KEYS  1 stream
-- ARGV  1 group
-- Returns {last id that was given out, oldest pending id or ''}; {} where there is no such group.
if redis.call('EXISTS', KEYS[1]) == 0 then return {} end
for _, flat in ipairs(redis.call('XINFO', 'GROUPS', KEYS[1])) do
  local group = {}
  for i = 1, #flat, 2 do group[flat[i]] = flat[i + 1] end
  if group.name == ARGV[1] then
    return {group['last-delivered-id'], redis.call('XPENDING', KEYS[1], ARGV[1])[2] or ''}
  end
end
return {}
