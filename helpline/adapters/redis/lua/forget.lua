-- Remove every trace of a call and of its offers: for a call the carrier never had
-- (a replayed request), and for one the carrier has erased. args: call
local key = 'call:' .. args.call
-- Who still talks after the caller has hung up, or whose leg could not be ended so far, keeps the offer until that is
-- over: she would be rung on it.
local function stays(attempt)
  local o = redis.call('HMGET', 'offer:' .. attempt, 'with', 'leg_id', 'state')
  return (o[1] or o[2]) and o[3] and o[3] ~= 'settled'
end
for _, offer in ipairs(live_offers(args.call)) do
  if not stays(offer[1]) then settle(offer[1], 'withdrawn', 0, 0)
  elseif not redis.call('HGET', 'offer:' .. offer[1], 'with') then put_due('drop:' .. offer[1], now) end
end
for _, attempt in ipairs(redis.call('SMEMBERS', 'offers:' .. args.call)) do
  if not stays(attempt) then
    local leg = redis.call('HGET', 'offer:' .. attempt, 'leg_id')
    if leg then redis.call('DEL', 'sid:' .. leg) end
    redis.call('DEL', 'offer:' .. attempt)
    forget_due('ring:' .. attempt, 'drop:' .. attempt, 'tell:' .. attempt)
  end
end
local leg = redis.call('HGET', key, 'leg_id')
if leg then redis.call('DEL', 'sid:' .. leg) end
leave_line(args.call)
redis.call('DEL', key, 'offers:' .. args.call)
if redis.call('GET', 'fiche:call:' .. args.call) == 'sealed' then redis.call('DEL', 'fiche:call:' .. args.call) end
redis.call('SREM', 'calls', args.call)
forget_due('move:' .. args.call, 'joined:' .. args.call, 'speak:' .. args.call, 'place:' .. args.call)
return 1
