-- A third party has picked up and is about to join the room. args: attempt
-- returns 1, also when it has done so before; 0 when it is not wanted any more
local key = 'offer:' .. args.attempt
local o = redis.call('HMGET', key, 'state', 'call', 'psychologist')
if not o[1] or o[1] == 'settled' then return 0 end
local ckey = 'call:' .. o[2]
local c = redis.call('HMGET', ckey, 'stage', 'third')
if c[2] ~= args.attempt or (c[1] ~= 'talking' and c[1] ~= 'handed_over') then return 0 end
if o[1] == 'claimed' then return 1 end
if o[3] ~= '' then
  if redis.call('HGET', 'psy:' .. o[3], 'attempt') ~= args.attempt or not psy_to(o[3], 'claimed') then return 0 end
  redis.call('HSET', 'psy:' .. o[3], 'attempt', args.attempt)
end
redis.call('HSET', key, 'state', 'claimed')
redis.call('HSET', ckey, 'third_in', 1)
third_changed(o[2])
return 1
