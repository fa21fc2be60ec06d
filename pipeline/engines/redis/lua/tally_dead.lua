#!lua flags=no-writes
-- Counts a page of dead letters where they lie, so that none of them travels.
--
-- KEYS  1 dead-letter stream
-- ARGV  1 where to begin, as XRANGE takes it   2 most letters of the page
-- Returns {last, length, rows}: the last id of the page ('' where it is empty), the length of the stream, and rows of
-- {stage, error class, how many, id of the oldest}.
local entries = redis.call('XRANGE', KEYS[1], ARGV[1], '+', 'COUNT', ARGV[2])
local rows, places = {}, {}
for _, entry in ipairs(entries) do
  local stage, class
  for i = 1, #entry[2], 2 do
    if entry[2][i] == 'stage' then stage = entry[2][i + 1] end
    if entry[2][i] == 'error' then class = entry[2][i + 1] end
    if stage and class then break end
  end
  stage, class = stage or '', class or ''
  local kind = #stage .. ':' .. stage .. class
  if not places[kind] then
    rows[#rows + 1] = {stage, class, 0, entry[1]}
    places[kind] = rows[#rows]
  end
  places[kind][3] = places[kind][3] + 1
end
return {#entries > 0 and entries[#entries][1] or '', redis.call('XLEN', KEYS[1]), rows}
