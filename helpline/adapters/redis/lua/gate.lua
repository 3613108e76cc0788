-- May a new call come in? Returns {how many wait, end of attack mode in ms or 0}.
-- An attack mode that is over is removed by the first who looks: nothing here has an expiry.
local ends = tonumber(redis.call('GET', 'attack') or '0')
if ends ~= 0 and ends <= now then
  redis.call('DEL', 'attack', 'attack:by')
  tell('board')
  ends = 0
end
return {how_many_wait(), string.format('%d', ends)}
