-- Whether another process holds the fence. Whoever took the fence last may write; nobody holding it (it ran out, or
-- Redis was emptied) is no other process, and the check of each entry's owner still stands.
local function fenced_by(fence, token)
  local holder = redis.call('GET', fence)
  return holder and holder ~= token and holder
end
