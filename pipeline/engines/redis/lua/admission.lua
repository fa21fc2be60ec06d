-- What stands at a place of each entry that is there.
local function each_of(entries, place)
  local found = {}
  for _, entry in ipairs(entries) do
    if entry and entry[place] then found[#found + 1] = entry[place] end
  end
  return found
end
-- Who may come in now: by one key, in fixed windows, and of one speaker, in a moving window.
--
-- young, old: when each speaker spoke (two generations); most of them within `window` ms, 0 for any number
-- came: how much came by this key; `key_most` within `key_seconds`, 0 for any number
-- entries: {name, speaker or false, ..} or false; all of them count for the key at once
-- Returns a function of an entry's place and its speaker (or false): why it may not come in, 'key' or 'speaker', or nil;
-- then it counts for the speaker. And one that writes down what was counted for speakers.
local function admission(young, old, most, window, came, key_most, key_seconds, entries)
  local width, count = 6, #entries
  local room = count
  local spoken = most > 0 and generations(young, old, window)
  local time = redis.call('TIME')
  local now = time[1] * 1000 + math.floor(time[2] / 1000)
  if key_most > 0 then
    local counted = redis.call('INCRBY', came, count)
    if counted == count then redis.call('EXPIRE', came, key_seconds) end
    room = key_most - (counted - count)
  end
  if spoken then spoken.learn(each_of(entries, 2)) end
  return function(place, speaker)
    if place > room then return 'key' end
    if not spoken or not speaker then return nil end
    local said = moments_after(spoken.get(speaker) or '', now - window, width)
    if #said / width >= most then return 'speaker' end
    spoken.put(speaker, said .. struct.pack('>I6', now))
    return nil
  end, spoken and spoken.write or function() end
end
