-- Removes consumers that nobody has seen for long and that hold nothing; removing one that holds entries would lose
-- them. Both is looked at in the same step as the removal.
--
-- KEYS  1 stream
-- ARGV  1 group   2 the consumer that asks   3 milliseconds
-- Returns the names removed.
local removed = {}
for _, info in ipairs(redis.call('XINFO', 'CONSUMERS', KEYS[1], ARGV[1])) do
  local consumer = {}
  for i = 1, #info, 2 do consumer[info[i]] = info[i + 1] end
  if consumer.name ~= ARGV[2] and consumer.pending == 0 and consumer.idle > tonumber(ARGV[3]) then
    redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], consumer.name)
    removed[#removed + 1] = consumer.name
  end
end
return removed
