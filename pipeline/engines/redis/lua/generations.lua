-- Two generations of one hash, instead of a key for each thing that is remembered: a key costs Redis more than what we
-- have to say. What is put is found for `window` ms at least, and gone after twice that.
local function generations(young, old, window)
  local left = redis.call('PTTL', young)
  if left >= 0 and left <= window then
    redis.call('RENAME', young, old)  -- it takes its time along
    left = -2
  end
  local lasts = left > 0
  local kept = {}
  function kept.get(name)
    return redis.call('HGET', young, name) or redis.call('HGET', old, name)
  end
  function kept.put(name, value)
    redis.call('HSET', young, name, value)
    if not lasts then
      redis.call('PEXPIRE', young, 2 * window)
      lasts = true
    end
  end
  return kept
end
