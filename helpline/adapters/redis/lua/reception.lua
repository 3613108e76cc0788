-- All that a first request needs, in one look: is its leg known, may it come in, and what planning needs.
-- args: leg_id, limit, room (so many may wait), people (who could be rung: behind twice as many nothing is left to plan)
-- Returns [id] for a leg that is known, else ['', waiting, end of attack mode, planned, view as `read_line` answers it]; no
-- view where nobody is let in: of a flood, each costs this one look. Nor is there anything to plan while nobody is free: `match` is
-- due as soon as somebody is.
local function somebody_is_free()
  for _, id in ipairs(redis.call('SMEMBERS', 'psys')) do
    local state = redis.call('HGET', 'psy:' .. id, 'state')
    if state == 'available' or state == 'wrap_up' then return true end
  end
  return false
end
local known = redis.call('GET', 'sid:' .. args.leg_id)
if known and known:sub(1, 2) == 'c:' then return {known:sub(3)} end
local gate = look_at_gate()
local found = {'', gate[1], gate[2], 0}
if gate[2] == 0 and gate[1] < args.room then
  local planned = gate[1] <= 2 * args.people and somebody_is_free()
  found[4] = planned and 1 or 0
  found[5] = look_at_line(planned and args.limit or 0, planned)
end
return found
