-- Which of the entries between two ids (a set) the consumer owns, of at most `count`.
local function owned_between(stream, group, consumer, first, last, count)
  local owned, seen = {}, 0
  for _, pending in ipairs(redis.call('XPENDING', stream, group, first, last, count, consumer)) do
    owned[pending[1]] = true
    seen = seen + 1
  end
  return owned, seen == count
end

-- A function that tells whether the consumer owns an id of a sorted list. One range answers for all; a consumer that
-- also holds many entries waiting for a retry may fill the range before its end, then the rest is asked for one by one.
local function ownership(stream, group, consumer, first, last, count)
  local owned, truncated = owned_between(stream, group, consumer, first, last, 2 * count + 16)
  return function(id)
    return owned[id] or (truncated and owned_between(stream, group, consumer, id, id, 1)[id])
  end
end
