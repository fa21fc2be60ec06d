-- KEYS  1 stream   2 the next one
-- ARGV  1 group   2.. id and record in turn
local ids = {}
for i = 2, #ARGV, 2 do
  redis.call('XADD', KEYS[2], '*', 'd', ARGV[i + 1])
  ids[#ids + 1] = ARGV[i]
end
redis.call('XACK', KEYS[1], ARGV[1], unpack(ids))
redis.call('XDEL', KEYS[1], unpack(ids))
