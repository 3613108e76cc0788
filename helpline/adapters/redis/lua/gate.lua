-- May a new call come in? Returns {how many wait, end of attack mode in ms or 0}.
local gate = look_at_gate()
return {gate[1], string.format('%d', gate[2])}
