-- All that a first request needs, in one look: is its leg known, may it come in, and what planning needs.
-- args: leg_id, limit, room (so many may wait), people (who could be rung: behind twice as many nothing is left to plan)
-- Returns JSON {known} for a leg that is known, else {gate = [waiting, end of attack mode], view, planned}; no view where
-- nobody is let in: of a flood, each costs this one look.
local known = redis.call('GET', 'sid:' .. args.leg_id)
if known and known:sub(1, 2) == 'c:' then return cjson.encode({known = known:sub(3)}) end
local found = {gate = look_at_gate()}
if found.gate[2] == 0 and found.gate[1] < args.room then
  found.planned = found.gate[1] <= 2 * args.people
  found.view = look_at_line(found.planned and args.limit or 1, found.planned)
end
return cjson.encode(found)
