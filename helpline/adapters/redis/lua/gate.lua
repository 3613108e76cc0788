-- May a new call come in? Returns {how many wait, end of attack mode in ms or 0}.
-- An attack mode that is over is removed by the first who looks: nothing here has an expiry.
local ends = tonumber(redis.call('GET', 'attack') or '0')
if ends ~= 0 and ends <= now then
  redis.call('DEL', 'attack', 'attack:by')
  tell('board')
  ends = 0
end
local waiting = 0
for _, need in ipairs(redis.call('SMEMBERS', 'needs')) do
  waiting = waiting + redis.call('ZCARD', 'waiting:' .. need)
end
return {waiting, string.format('%d', ends)}
