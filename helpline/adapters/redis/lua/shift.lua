-- Another shift of hers has begun without a pause: her tier is that one's now.
-- args: psychologist, tier, shift_ms. Returns 1 when she has a presence.
local key = 'psy:' .. args.psychologist
if redis.call('EXISTS', key) == 0 then return 0 end
redis.call('HSET', key, 'tier', args.tier, 'shift_ms', args.shift_ms)
-- Her last shift ended in a talk that is not over yet: she does not leave after it any more.
redis.call('HDEL', key, 'leaving')
unsuspend(args.psychologist)
tell('desk:' .. args.psychologist)
put_due('match', now)
return 1
