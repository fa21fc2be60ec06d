-- Who may come in now: by one key, in fixed windows, and of one speaker, in a moving window.
--
-- young, old: when each speaker spoke (two generations); most of them within `window` ms, 0 for any number
-- came: how much came by this key; `key_most` within `key_seconds`, 0 for any number
-- Counts `count` entries for the key at once. Returns a function of an entry's place and its speaker (or false): why it
-- may not come in, 'key' or 'speaker', or nil; then it counts for the speaker.
local function admission(young, old, most, window, came, key_most, key_seconds, count)
  local width, room = 6, count
  local spoken = most > 0 and generations(young, old, window)
  local time = redis.call('TIME')
  local now = time[1] * 1000 + math.floor(time[2] / 1000)
  if key_most > 0 then
    local counted = redis.call('INCRBY', came, count)
    if counted == count then redis.call('EXPIRE', came, key_seconds) end
    room = key_most - (counted - count)
  end
  return function(place, speaker)
    if place > room then return 'key' end
    if not spoken or not speaker then return nil end
    local said = moments_after(spoken.get(speaker) or '', now - window, width)
    if #said / width >= most then return 'speaker' end
    spoken.put(speaker, said .. struct.pack('>I6', now))
    return nil
  end
end
