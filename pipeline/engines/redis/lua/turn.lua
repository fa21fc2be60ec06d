-- Two generations of one key stand for the expiry of each thing in it, which Redis 7 doesn't have: what is put into the
-- young one is found for `window` ms at least, and gone after twice that.
--
-- The young one becomes the old one once it has lived for half of its time. Returns what gives the young one its time,
-- to be called after something was put into it.
local function turn(young, old, window)
  local left = redis.call('PTTL', young)
  if left >= 0 and left <= window then
    redis.call('RENAME', young, old)  -- it takes its time along
    left = -2
  end
  return function()
    if left <= 0 then redis.call('PEXPIRE', young, 2 * window) end
  end
end
