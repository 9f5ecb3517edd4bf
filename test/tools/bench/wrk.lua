-- wrk -s wrk.lua URL -- FILE SERIAL RATE
-- Posts the request in FILE; in each one the number, from SERIAL on, stands where FILE has ten "#". RATE is in
-- requests a second, 0 for as many as are answered. The last line of the output is the result as JSON.
local ffi = require("ffi")
ffi.cdef([[
  typedef struct { long seconds; long nanoseconds; } instant;
  int clock_gettime(int clock, instant *now);
]])
local MONOTONIC = ffi.os == "OSX" and 6 or 1
local DIGITS = 10
local instant = ffi.new("instant")
local bytes, length
local places = {}
local began
local sent = 0

local function milliseconds()
  ffi.C.clock_gettime(MONOTONIC, instant)
  return tonumber(instant.seconds) * 1e3 + tonumber(instant.nanoseconds) / 1e6
end

function init(args)
  local file = assert(io.open(args[1], "rb"))
  local text = file:read("*a")
  file:close()
  length = #text
  bytes = ffi.new("char[?]", length)
  ffi.copy(bytes, text, length)
  local mark = string.rep("#", DIGITS)
  local at = text:find(mark, 1, true)
  while at do
    places[#places + 1] = at - 1
    at = text:find(mark, at + DIGITS, true)
  end
  serial = tonumber(args[2])
  local rate = tonumber(args[3])
  if rate == 0 then return end
  -- Each request has its time; a connection that becomes free later than that sends at once.
  function delay()
    began = began or milliseconds()
    local due = began + sent * 1e3 / rate
    sent = sent + 1
    return math.max(0, math.ceil(due - milliseconds()))
  end
end

function request()
  local digits = string.format("%010d", serial)
  serial = serial + 1
  for index = 1, #places do ffi.copy(bytes + places[index], digits, DIGITS) end
  return ffi.string(bytes, length)
end

local only

function setup(thread)
  only = thread
end

function done(summary, latency)
  local errors = summary.errors
  local result = '{"perSecond":%f,"ok":%d,"refused":%d,"broken":%d,"p50Ms":%f,"p99Ms":%f,"serial":%d}\n'
  local ok = summary.requests - errors.status
  io.write(result:format(
    ok / summary.duration * 1e6, ok, errors.status, errors.connect + errors.read + errors.write + errors.timeout,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3, only:get("serial")
  ))
end
