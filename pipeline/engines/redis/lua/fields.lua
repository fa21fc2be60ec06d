-- Many fields of a hash at once: a call costs more than what it reads or writes.
local at_once = 1000  -- Lua hands no more than some thousand values on; even, for names and values
-- Calls `take` with the name and the value (or false) of each.
local function read_fields(hash, names, take)
  for start = 1, #names, at_once do
    local stop = math.min(start + at_once - 1, #names)
    for i, value in ipairs(redis.call('HMGET', hash, unpack(names, start, stop))) do take(names[start + i - 1], value) end
  end
end
-- Returns whether there were any.
local function write_fields(hash, values)
  local news = {}
  for name, value in pairs(values) do
    news[#news + 1] = name
    news[#news + 1] = value
  end
  for start = 1, #news, at_once do
    redis.call('HSET', hash, unpack(news, start, math.min(start + at_once - 1, #news)))
  end
  return #news > 0
end
