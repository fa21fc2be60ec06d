-- The id after `id`.
local function successor(id)
  local milliseconds, number = string.match(id, '^(%d+)-(%d+)$')
  return milliseconds .. '-' .. string.format('%.0f', tonumber(number) + 1)
end

local function is_before(one, other)
  local milliseconds, number = string.match(one, '^(%d+)-(%d+)$')
  local others, its_number = string.match(other, '^(%d+)-(%d+)$')
  if milliseconds ~= others then return tonumber(milliseconds) < tonumber(others) end
  return tonumber(number) < tonumber(its_number)
end

-- Removes what was just acknowledged; `ids` are sorted, and no more than unpack() can take. The stream has one group:
-- all that lies before its oldest pending entry is settled, and goes by whole nodes, which is cheaper than by ids. Where
-- an older entry is pending (it waits for a retry, or is another consumer's), by ids.
local function remove_settled(stream, group, ids)
  local last, oldest = ids[#ids], redis.call('XPENDING', stream, group)[2]
  if not oldest or is_before(last, oldest) then
    redis.call('XTRIM', stream, 'MINID', successor(last))
  else
    redis.call('XDEL', stream, unpack(ids))
  end
end
