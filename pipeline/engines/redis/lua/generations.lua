--#include turn
--#include fields
-- Two generations of one hash, instead of a key for each thing that is remembered: a key costs Redis more than what we
-- have to say. For how long what is put is found, see turn.
--
-- `learn` reads many names at once, and what was put is found at once, and stands in the hash after `write`.
local function generations(young, old, window)
  local begin = turn(young, old, window)
  local known, changed = {}, {}
  local function read(generation, names)
    local missed = {}
    read_fields(generation, names, function(name, value)
      known[name] = value
      if not value then missed[#missed + 1] = name end
    end)
    return missed
  end
  local kept = {}
  function kept.learn(names)
    local missed = read(young, names)
    read(old, missed)
  end
  function kept.get(name)
    if known[name] == nil then kept.learn({name}) end
    return known[name]
  end
  function kept.put(name, value)
    known[name], changed[name] = value, value
  end
  function kept.write()
    if write_fields(young, changed) then begin() end
  end
  return kept
end
