-- Moments in one string, in their order, each as wide as the others: first 6 bytes of milliseconds, then whatever tells
-- those of one millisecond apart.
local function moment_of(packed, place, width)
  return (struct.unpack('>I6', packed, (place - 1) * width + 1))
end
-- How many of them are not later than `at`.
local function moments_until(packed, at, width)
  local low, high = 0, #packed / width
  while low < high do
    local middle = math.floor((low + high + 1) / 2)
    if moment_of(packed, middle, width) <= at then low = middle else high = middle - 1 end
  end
  return low
end
-- Without those until `at`.
local function moments_after(packed, at, width)
  return string.sub(packed, moments_until(packed, at, width) * width + 1)
end
