-- wrk posts comments, each of its own, and tells how they were answered.
--
-- Arguments: the run's name, and after how many seconds no further comment is sent, so that all are answered in the end.
local threads = {}

function setup(thread)
  thread:set("number", #threads)
  table.insert(threads, thread)
end

function init(arguments)
  run, quiet_at = arguments[1], os.time() + tonumber(arguments[2])
  sent, accepted, unavailable, uncertain, others = 0, 0, 0, 0, 0
end

function delay()
  return os.time() < quiet_at and 0 or 3600 * 1000
end

function request()
  sent = sent + 1
  local id = string.format("%s-%d-%d", run, number, sent)
  local body = string.format(
    '{"streamer":"maya","client":"viewer %d","message":"want %d","message_id":"%s"}', sent % 5000, sent, id)
  return wrk.format("POST", "/comments", {["content-type"] = "application/json"}, body)
end

function response(status, _, body)
  if status == 200 then
    accepted = accepted + 1
  elseif status ~= 503 then
    others = others + 1
  elseif string.find(body, "may or may not", 1, true) then
    uncertain = uncertain + 1
  else
    unavailable = unavailable + 1
  end
end

function done(summary, _, _)
  local told = {accepted = 0, unavailable = 0, uncertain = 0, others = 0}
  for _, thread in ipairs(threads) do
    for name, count in pairs(told) do told[name] = count + thread:get(name) end
  end
  local errors = summary.errors
  io.write(string.format(
    '\n{"accepted":%d,"unavailable":%d,"uncertain":%d,"others":%d,"broken":%d}\n', told.accepted, told.unavailable,
    told.uncertain, told.others, errors.connect + errors.read + errors.write))
end
