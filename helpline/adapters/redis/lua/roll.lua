-- A few hundred of all calls in short, from a place in the set on. ARGV: now, {cursor}. Reads only.
-- Returns [the next cursor, '0' at the end, who just waits, who else lives, who has ended]: leg and call in turns, calls,
-- call and the moment it ended in turns, each list as one text with blanks between.
local page = redis.call('SSCAN', 'calls', cjson.decode(ARGV[2]).cursor, 'COUNT', 500)
local waits, lives, over = {}, {}, {}
for _, call in ipairs(page[2]) do
  local c = redis.call('HMGET', 'call:' .. call,
    'stage', 'leg_id', 'caller_in', 'third', 'rough', 'told_unanswered')
  if c[1] == 'ended' then
    local at = redis.call('HGET', 'call:' .. call, 'ended_ms')
    if at then over[#over + 1] = call .. ' ' .. at end
  elseif c[1] == 'waiting' and c[2] and c[3] ~= '1' and not c[4] and c[5] ~= '1' and c[6] ~= '1' then
    waits[#waits + 1] = c[2] .. ' ' .. call
  elseif c[1] then
    lives[#lives + 1] = call
  end
end
return {page[1], table.concat(waits, ' '), table.concat(lives, ' '), table.concat(over, ' ')}
