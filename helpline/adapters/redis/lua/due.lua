-- The due list. args.op:
--   take {lease_ms}         the most overdue effect, held until now + lease_ms → {member, until} or false
--   keep {member, held, till} the holder lives and is still at it: the lease ends at `till` → till, or 0 if it was lost
--   done {member, held}     the holder has done it; it stays only if it was put meanwhile
--   later {member, held, at} the holder could not: due at `at`, or earlier if it was put so meanwhile
--   put  {member, at}       make it due
-- `held` is the end of the lease: who holds another one, or none any more, changes nothing.
-- The last step of a ring plan begins after five minutes; a wrap-up made longer takes seventy, two who talk on have ten.
local MOST_MS, LONGER_MS = 360000, {rest = 4320000, drop = 660000}
if args.op == 'take' then
  -- Nothing is due later than this: such a row was written by a process whose time was ahead for a moment after a loss.
  for _, row in ipairs(redis.call('ZREVRANGEBYSCORE', 'due', '+inf', now + MOST_MS, 'LIMIT', 0, 20)) do
    local most = LONGER_MS[row:match('^%a+')] or MOST_MS
    if tonumber(redis.call('ZSCORE', 'due', row)) > now + most then
      redis.call('ZADD', 'due', now + 10000, row)
      redis.call('HDEL', 'due:held', row)
    end
  end
  local head = redis.call('ZRANGEBYSCORE', 'due', '-inf', now, 'LIMIT', 0, 1)
  if #head == 0 then return false end
  local till = now + args.lease_ms
  redis.call('ZADD', 'due', till, head[1])
  redis.call('HSET', 'due:held', head[1], till)
  local again = tonumber(redis.call('HGET', 'due:again', head[1]))
  -- Put under a holder who died: this very run is what was asked for.
  if again and again <= now then redis.call('HDEL', 'due:again', head[1]) end
  return {head[1], tostring(till)}
elseif args.op == 'put' then
  put_due(args.member, args.at)
  return 1
end

local held = tonumber(redis.call('HGET', 'due:held', args.member))
local score = tonumber(redis.call('ZSCORE', 'due', args.member))
if not held or held ~= score or held ~= args.held then return 0 end
if args.op == 'keep' then
  redis.call('ZADD', 'due', args.till, args.member)
  redis.call('HSET', 'due:held', args.member, args.till)
  return args.till
end
local again = tonumber(redis.call('HGET', 'due:again', args.member))
redis.call('HDEL', 'due:held', args.member)
redis.call('HDEL', 'due:again', args.member)
redis.call('ZREM', 'due', args.member)
if again then put_due(args.member, again) end
if args.op == 'later' then put_due(args.member, args.at) end
return 1
