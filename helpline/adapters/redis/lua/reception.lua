-- All that a first request needs, in one look: is its leg known, may it come in, and what planning needs.
-- args: leg_id, limit, room (so many may wait), people (who could be rung: behind twice as many nothing is left to plan)
-- Returns JSON {known} for a leg that is known, else {gate = [waiting, end of attack mode], view, planned}; no view where
-- nobody is let in: of a flood, each costs this one look. Nor is there anything to plan while nobody is free: `match` is
-- due as soon as somebody is.
local function somebody_is_free()
  for _, id in ipairs(redis.call('SMEMBERS', 'psys')) do
    local state = redis.call('HGET', 'psy:' .. id, 'state')
    if state == 'available' or state == 'wrap_up' then return true end
  end
  return false
end
local known = redis.call('GET', 'sid:' .. args.leg_id)
if known and known:sub(1, 2) == 'c:' then return cjson.encode({known = known:sub(3)}) end
local found = {gate = look_at_gate()}
if found.gate[2] == 0 and found.gate[1] < args.room then
  found.planned = found.gate[1] <= 2 * args.people and somebody_is_free()
  found.view = look_at_line(found.planned and args.limit or 0, found.planned)
end
return cjson.encode(found)
