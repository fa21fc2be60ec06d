-- Two generations of one hash, instead of a key for each thing that is remembered: a key costs Redis more than what we
-- have to say. What is put is found for `window` ms at least, and gone after twice that.
--
-- A call costs more than what it reads or writes: `learn` reads many names at once, and what was put is found at once,
-- and stands in the hash after `write`.
local function generations(young, old, window)
  local at_once = 1000  -- Lua hands no more than some thousand values on; even, for names and values
  local left = redis.call('PTTL', young)
  if left >= 0 and left <= window then
    redis.call('RENAME', young, old)  -- it takes its time along
    left = -2
  end
  local known, changed = {}, {}
  local function read(generation, names)
    local missed = {}
    for start = 1, #names, at_once do
      local stop = math.min(start + at_once - 1, #names)
      for i, value in ipairs(redis.call('HMGET', generation, unpack(names, start, stop))) do
        local name = names[start + i - 1]
        known[name] = value
        if not value then missed[#missed + 1] = name end
      end
    end
    return missed
  end
  local kept = {}
  function kept.learn(names)
    local missed = read(young, names)
    read(old, missed)
  end
  function kept.get(name)
    if known[name] == nil then kept.learn({name}) end
    return known[name]
  end
  function kept.put(name, value)
    known[name], changed[name] = value, value
  end
  function kept.write()
    local news = {}
    for name, value in pairs(changed) do
      news[#news + 1] = name
      news[#news + 1] = value
    end
    for start = 1, #news, at_once do
      redis.call('HSET', young, unpack(news, start, math.min(start + at_once - 1, #news)))
    end
    if #news > 0 and left <= 0 then redis.call('PEXPIRE', young, 2 * window) end
  end
  return kept
end
