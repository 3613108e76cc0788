-- Her leg asks for its document, so it is there and answered, however the order's own answer fared. args: attempt, leg_id
-- Written where the offer is at the carrier, then read in the same step: whoever ends it from here on knows she listens.
-- Returns [[field, value, …] of the offer, [field, value, …] of its call], empty for no offer.
local key = 'offer:' .. args.attempt
local o = redis.call('HMGET', key, 'state', 'call')
if not o[1] or not o[2] then return {} end
if o[1] == 'sending' or o[1] == 'unknown' then
  redis.call('HSET', key, 'state', 'ringing', 'answered', 1)
  step_aside(args.attempt)
  note_leg(args.attempt, args.leg_id)
elseif o[1] == 'ringing' or o[1] == 'claimed' then
  redis.call('HSET', key, 'answered', 1)
end
return {redis.call('HGETALL', key), redis.call('HGETALL', 'call:' .. o[2])}
