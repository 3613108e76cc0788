-- Write an offer found at the carrier: a talk that went on while Redis was lost.
-- args: attempt, call, psychologist, endpoint, leg_id, tier, shift_ms, leaving
local key = 'offer:' .. args.attempt
redis.call('HSET', key, 'call', args.call, 'psychologist', args.psychologist,
  'endpoint', args.endpoint, 'state', 'claimed', 'made_ms', now, 'sent_ms', now,
  'answered', 1, 'talked', args.talked and 1 or 0, 'third', args.third and 1 or 0, 'leg_id', args.leg_id)
redis.call('SADD', 'offers:' .. args.call, args.attempt)
redis.call('SET', 'sid:' .. args.leg_id, 'o:' .. args.attempt)
if args.psychologist == '' then return 1 end
psy_to(args.psychologist, 'found_talking')
redis.call('HSET', 'psy:' .. args.psychologist, 'attempt', args.attempt, 'tier', args.tier, 'shift_ms', args.shift_ms)
if args.leaving then redis.call('HSET', 'psy:' .. args.psychologist, 'leaving', 1) end
return 1
