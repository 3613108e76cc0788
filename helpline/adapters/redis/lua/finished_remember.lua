-- What is remembered of finished legs, and the generation it was read in: one step, so
-- that the two fit together. ARGV: now, leg …
-- returns {generation, {call, line, end state, wait, duration, receipt, counted} …}; '' = none
local function text(value) return value or '' end

local epoch = redis.call('HGET', 'epoch', 'id')
local generation = epoch and (epoch .. ':' .. (redis.call('GET', 'done:forgets') or '0')) or ''
local found = {generation}
for i = 2, #ARGV do
  local fixed = redis.call('HMGET', 'receipt:' .. ARGV[i], 'receipt', 'counted')
  local sid = redis.call('GET', 'sid:' .. ARGV[i]) or ''
  local call, record = '', {false, false, false, false, false}
  if string.sub(sid, 1, 2) == 'c:' then
    call = string.sub(sid, 3)
    if redis.call('EXISTS', 'call:' .. call) == 1 then
      record = redis.call('HMGET', 'call:' .. call, 'line', 'end_state', 'wait_class', 'duration_class', 'receipt')
    else
      call = ''
    end
  end
  -- A receipt once fixed for a leg is the one it is counted under, whatever a record says later.
  local receipt = text(fixed[1] or record[5])
  found[i] = {call, text(record[1]), text(record[2]), text(record[3]), text(record[4]), receipt, text(fixed[2])}
end
return found
