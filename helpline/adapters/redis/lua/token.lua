-- The account's leg rate as a bucket of one, and whose leg is next (`legs`).
-- args: op, attempt, gap_ms (between two legs)
--   leave: 0 when this leg may leave now, else the moment to ask again. Whose turn it is is woken
--          by whoever leaves before it, so asking again is only for the case that that one dies.
--   aside: it cannot leave yet for a reason of its own; nobody waits for it until it asks again
if args.op == 'aside' then
  step_aside(args.attempt)
  return 0
end
if redis.call('HGET', 'offer:' .. args.attempt, 'state') ~= 'due' then return 0 end -- `ring` sees why
line_up(args.attempt)
local free_at = tonumber(redis.call('HGET', 'tokens', 'free_at_ms') or '0')
-- A clock that went back must not close the bucket for longer than one gap.
if free_at > now + args.gap_ms then free_at = now end
local head = redis.call('ZRANGE', 'legs', 0, 0)[1]
if head ~= args.attempt then
  put_due('ring:' .. head, math.max(now, free_at))
  return math.max(now, free_at) + 1000
end
if free_at > now then return free_at end
redis.call('ZREM', 'legs', head)
redis.call('HSET', 'tokens', 'free_at_ms', now + args.gap_ms)
local next_one = redis.call('ZRANGE', 'legs', 0, 0)[1]
if next_one then put_due('ring:' .. next_one, now + args.gap_ms) end
return 0
