#!lua
--#include generations
--#include moments
-- Judges who says too much, and who says the same again, by the times in the entries' ids: what was judged before is
-- judged again as it was, however late.
--
-- KEYS  1, 2 what each speaker has said: moments (two generations)   3, 4 when a speaker last said certain words
-- ARGV  1 sayings taken within a window, 0 for any number   2 the window   3 how long the same words count as said (ms)
--       4 the sayings, msgpack: {{speaker, speaker and words, entry id as a moment}, ..}
-- Returns for each 'fresh', 'repeated' or 'flood'. Only what is fresh counts.
local most, window, repeats = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local spoken = most > 0 and generations(KEYS[1], KEYS[2], 2 * window)
local uttered = repeats > 0 and generations(KEYS[3], KEYS[4], repeats)
local width = 10

local function is_repeated(words, id, at)
  local last = uttered and uttered.get(words)
  if not last or last == id then return false end
  local since = at - moment_of(last, 1, width)
  return since >= 0 and since < repeats
end

-- Where in what was said this entry stands or belongs, and whether it stands there.
local function place_of(said, id, at)
  local place = moments_until(said, at, width)
  local same = place
  while same > 0 and moment_of(said, same, width) == at do
    if string.sub(said, (same - 1) * width + 1, same * width) == id then return same, true end
    same = same - 1
  end
  return place, false
end

local sayings, speakers, all_words = cmsgpack.unpack(ARGV[4]), {}, {}
for i, saying in ipairs(sayings) do speakers[i], all_words[i] = saying[1], saying[2] end
if spoken then spoken.learn(speakers) end
if uttered then uttered.learn(all_words) end

local verdicts = {}
for i, saying in ipairs(sayings) do
  local speaker, words, id = saying[1], saying[2], saying[3]
  local at = moment_of(id, 1, width)
  local said, place, known = '', 0, false
  if spoken then
    said = spoken.get(speaker) or ''
    place, known = place_of(said, id, at)
  end
  if is_repeated(words, id, at) then
    verdicts[i] = 'repeated'
  elseif spoken and not known
      and moments_until(said, at, width) - moments_until(said, at - window, width) >= most then
    verdicts[i] = 'flood'
  else
    verdicts[i] = 'fresh'
    if uttered then uttered.put(words, id) end
    if spoken then
      if not known then said = string.sub(said, 1, place * width) .. id .. string.sub(said, place * width + 1) end
      spoken.put(speaker, moments_after(said, at - 2 * window, width))
    end
  end
end
if spoken then spoken.write() end
if uttered then uttered.write() end
return verdicts
