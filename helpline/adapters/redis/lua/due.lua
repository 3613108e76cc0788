-- The due list. args.op:
--   take {lease_ms}: the most overdue effect, held until now + lease_ms → {member, until} or false
--   done {member, held}: forget it, unless it was put again meanwhile
--   put  {member, at}: make it due; `later` (bool) moves a held one to `at` instead
if args.op == 'take' then
  local head = redis.call('ZRANGEBYSCORE', 'due', '-inf', now, 'LIMIT', 0, 1)
  if #head == 0 then return false end
  local till = now + args.lease_ms
  redis.call('ZADD', 'due', till, head[1])
  return {head[1], tostring(till)}
elseif args.op == 'done' then
  local score = redis.call('ZSCORE', 'due', args.member)
  if score and tonumber(score) == tonumber(args.held) then
    redis.call('ZREM', 'due', args.member)
    return 1
  end
  return 0
elseif args.op == 'later' then
  local score = redis.call('ZSCORE', 'due', args.member)
  if score and tonumber(score) == tonumber(args.held) then
    redis.call('ZADD', 'due', args.at, args.member)
    return 1
  end
  return 0
else
  put_due(args.member, args.at)
  return 1
end
