-- wrk posts comments, each of its own and by 5,000 viewers in turn, and tells how they were answered.
--
-- Arguments: the run's name, and the key that is shown.
local threads = {}

function setup(thread)
  thread:set("number", #threads)
  table.insert(threads, thread)
end

function init(arguments)
  run, key = arguments[1], arguments[2]
  sent, accepted, others = 0, 0, 0
  headers = {["content-type"] = "application/json", ["authorization"] = "Bearer " .. key}
end

function request()
  sent = sent + 1
  local body = string.format(
    '{"streamer":"maya.closet","client":"viewer %d","message":"I want to buy the blue one %d!","message_id":"%s-%d-%d"}',
    sent % 5000, sent, run, number, sent)
  return wrk.format("POST", "/comments", headers, body)
end

function response(status)
  if status == 200 then accepted = accepted + 1 else others = others + 1 end
end

function done(summary, latency)
  local accepted, others = 0, 0
  for _, thread in ipairs(threads) do
    accepted = accepted + thread:get("accepted")
    others = others + thread:get("others")
  end
  local errors = summary.errors
  io.write(string.format(
    '\n{"accepted":%d,"others":%d,"broken":%d,"seconds":%f,"p50_ms":%f,"p99_ms":%f}\n', accepted, others,
    errors.connect + errors.read + errors.write, summary.duration / 1e6, latency:percentile(50) / 1e3,
    latency:percentile(99) / 1e3))
end
