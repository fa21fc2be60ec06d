-- Appends an entry. `parts` is a packed envelope (see packing.py), or names and values in turn.
local function append_entry(key, parts)
  if type(parts) == 'string' then
    redis.call('XADD', key, '*', 'e', parts)
  else
    redis.call('XADD', key, '*', unpack(parts))
  end
end
