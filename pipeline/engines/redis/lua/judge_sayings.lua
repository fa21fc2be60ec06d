#!lua
-- Judges who says too much, and who says the same again, by the times in the entries' ids: what was judged before is
-- judged again as it was, however late.
--
-- KEYS  for each saying: 1 what this speaker has said (zset: entry id by time)   2 the last entry with these words
-- ARGV  1 sayings taken within a window, 0 for any number   2 the window   3 how long the same words count as said (ms)
--       4.. the entries' ids, in the order of their keys
-- Returns for each 'fresh', 'repeated' or 'flood'. Only what is fresh counts.
local most, window, repeats = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local verdicts = {}
for i = 4, #ARGV do
  local id, speaker, words = ARGV[i], KEYS[2 * (i - 4) + 1], KEYS[2 * (i - 4) + 2]
  local at = tonumber(string.match(id, '^%d+'))
  local last = repeats > 0 and redis.call('GET', words)
  local since = last and last ~= id and at - tonumber(string.match(last, '^%d+'))
  if since and since >= 0 and since < repeats then
    verdicts[i - 3] = 'repeated'
  elseif most > 0 and not redis.call('ZSCORE', speaker, id)
      and redis.call('ZCOUNT', speaker, '(' .. at - window, at) >= most then
    verdicts[i - 3] = 'flood'
  else
    verdicts[i - 3] = 'fresh'
    if repeats > 0 then redis.call('SET', words, id, 'PX', repeats) end
    if most > 0 then
      redis.call('ZADD', speaker, at, id)
      redis.call('ZREMRANGEBYSCORE', speaker, '-inf', at - 2 * window)
      redis.call('PEXPIRE', speaker, 2 * window)
    end
  end
end
return verdicts
