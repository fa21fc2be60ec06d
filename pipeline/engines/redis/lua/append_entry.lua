-- Appends an entry. `parts` are the seven values of an envelope, whose names every entry shares, or names and values in
-- turn.
local function append_entry(key, parts)
  if #parts ~= 7 then
    redis.call('XADD', key, '*', unpack(parts))
  else
    redis.call('XADD', key, '*', 'id', parts[1], 'seq', parts[2], 'v', parts[3], 'at', parts[4],
      'trace', parts[5], 'hops', parts[6], 'd', parts[7])
  end
end
