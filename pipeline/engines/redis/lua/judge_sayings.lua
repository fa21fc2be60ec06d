#!lua
--#include turn
--#include fields
-- Judges who says too much, and who says the same again, by the times in the entries' ids: what was judged before is
-- judged again as it was, however late.
--
-- What was said stands in drawers, fields of a hash, 19 bytes for each saying, in the order it came; some speakers
-- share one. A field for each speaker would cost more than twice as much.
--
-- KEYS  1, 2 the drawers (two generations)
-- ARGV  1 sayings taken within a window, 0 for any number   2 the window   3 how long the same words count as said
--       4 how long what is said is found at least (ms)
--       5 the sayings, one after the other: drawer (4 bytes), speaker (7), words (4), entry id (6 for ms, 2)
-- Returns for each 'fresh', 'repeated' or 'flood'. Only what is fresh counts.
local young, old, batch = KEYS[1], KEYS[2], ARGV[5]
local most, window, repeats = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local name_width, speaker_width, width = 4, 7, 19

local begin = turn(young, old, tonumber(ARGV[4]))
local names, drawers, said_by = {}, {}, {}
for start = 1, #batch, name_width + width do
  local name = string.sub(batch, start, start + name_width - 1)
  if not drawers[name] then names[#names + 1], drawers[name] = name, {} end
end
for generation, key in ipairs(KEYS) do
  read_fields(key, names, function(name, content) drawers[name][generation] = content or '' end)
end

-- Adds what a speaker has said, as far as it stands in this drawer: words, ms and number of each, in a row.
local function add(said, content, speaker)
  local found = string.find(content, speaker, 1, true)
  while found do
    if found % width == 1 then  -- else it is a piece of other things
      local count = #said
      said[count + 1], said[count + 2], said[count + 3] = struct.unpack('>c4I6I2', content, found + speaker_width)
    end
    found = string.find(content, speaker, found + 1, true)
  end
end

-- Returns too whether it is remembered already.
local function judge(said, words, at, number)
  local repeated, count = false, 0
  for i = 1, #said, 3 do
    local since = at - said[i + 1]
    if since == 0 and said[i + 2] == number then return 'fresh', true end
    if since >= 0 then
      if since < repeats and said[i] == words then repeated = true end
      if since < window then count = count + 1 end
    end
  end
  if repeated then return 'repeated' end
  return most > 0 and count >= most and 'flood' or 'fresh', false
end

local verdicts, news = {}, {}
for start = 1, #batch, name_width + width do
  local name, speaker, words, at, number = struct.unpack('>c4c7c4I6I2', batch, start)
  local whose, drawer = name .. speaker, drawers[name]
  local said = said_by[whose]
  if not said then
    said = {}
    add(said, drawer[1], speaker)
    add(said, drawer[2], speaker)
    said_by[whose] = said
  end
  local verdict, known = judge(said, words, at, number)
  verdicts[#verdicts + 1] = verdict
  if verdict == 'fresh' and not known then
    local count = #said
    said[count + 1], said[count + 2], said[count + 3] = words, at, number
    drawer[1] = drawer[1] .. string.sub(batch, start + name_width, start + name_width + width - 1)
    news[name] = drawer[1]
  end
end
if write_fields(young, news) then begin() end
return verdicts
