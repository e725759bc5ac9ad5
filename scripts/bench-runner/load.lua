-- wrk with a result that programs can read, and with a constant rate when one is given:
--   wrk -s load.lua URL -- [REQUESTS_PER_SECOND]
-- The rate is a schedule of the whole thread: whichever connection is free takes the next slot.

local ffi = require("ffi")
ffi.cdef [[
  typedef struct { long seconds, microseconds; } timeval;
  int gettimeofday(timeval *now, void *zone);
]]
local clock = ffi.new("timeval")

local function now_ms()
  ffi.C.gettimeofday(clock, nil)
  return tonumber(clock.seconds) * 1000 + tonumber(clock.microseconds) / 1000
end

function init(args)
  if not args[1] then return end
  local interval = 1000 / tonumber(args[1])
  local slot = now_ms()
  delay = function()
    slot = slot + interval
    return math.max(0, slot - now_ms())
  end
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '{"requests":%d,"seconds":%.6f,"bytes":%d,"failed":%d,"badStatus":%d,"p50":%d,"p90":%d,"p99":%d,"max":%d}\n',
    summary.requests, summary.duration / 1e6, summary.bytes,
    errors.connect + errors.read + errors.write + errors.timeout, errors.status,
    latency:percentile(50), latency:percentile(90), latency:percentile(99), latency.max))
end
