-- A psychologist accepts. Exactly one of all who try wins.
-- args: attempt, welcome_ms
-- returns won | taken | gone | not_ready | unknown
if not ready() then return 'not_ready' end
local key = 'offer:' .. args.attempt
local o = redis.call('HMGET', key, 'state', 'call', 'psychologist', 'third')
if not o[1] then return 'unknown' end
if o[4] == '1' and is_third(args.attempt, o[2]) then return 'taken' end
local ckey = 'call:' .. o[2]
local c = redis.call('HMGET', ckey, 'stage', 'attempt', 'first_wait_ms')
if o[1] == 'claimed' then
  if c[2] == args.attempt and c[1] ~= 'ended' then return 'won' end
  return 'gone'
end
if not c[1] or c[1] == 'ended' then return 'gone' end
if o[1] == 'settled' or o[1] == 'due' or c[1] ~= 'waiting' then return 'taken' end
-- She may have left this offer and be rung by another one.
if redis.call('HGET', 'psy:' .. o[3], 'attempt') ~= args.attempt then return 'taken' end
if not psy_to(o[3], 'claimed') then return 'taken' end
redis.call('HSET', key, 'state', 'claimed')
redis.call('HSET', 'psy:' .. o[3], 'attempt', args.attempt, 'missed_in_row', 0)
redis.call('HDEL', 'psy:' .. o[3], 'lets_next_go_by')
unsuspend(o[3])
clear_alarm('last_endpoint_does_not_answer')
call_to(o[2], 'claimed')
redis.call('HSET', ckey, 'attempt', args.attempt, 'psychologist', o[3], 'claimed_ms', now,
  'caller_in', 0, 'psychologist_in', 0, 'moves', 0)
redis.call('HDEL', ckey, 'moved_ms', 'first_choice', 'room_of', 'held', 'to_partner')
for _, offer in ipairs(live_offers(o[2])) do
  if offer[2] == 'due' then settle(offer[1], 'withdrawn', 0, 0) end
end
local heard = c[3] and tonumber(c[3]) + args.welcome_ms or now
put_due('move:' .. o[2], math.max(now, heard))
return 'won'
