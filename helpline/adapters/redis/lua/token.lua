-- The account's leg rate as a bucket of one: args: gap_ms (between two legs).
-- returns 0 when a leg may leave now, else the moment it may
local free_at = tonumber(redis.call('HGET', 'tokens', 'free_at_ms') or '0')
-- A clock that went back must not close the bucket for longer than one gap.
if free_at > now + args.gap_ms then free_at = now end
if free_at > now then return free_at end
redis.call('HSET', 'tokens', 'free_at_ms', now + args.gap_ms)
return 0
