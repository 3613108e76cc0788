-- Something happens to a psychologist. args: psychologist, event, set {…}
-- Signing off in mid-call is kept and obeyed when the call is over; signing on again undoes it.
-- returns the new state, or false when the event does not apply
-- Without an event only the fields are written (which device of hers is there is no state).
local key = 'psy:' .. args.psychologist
if not given(args.event) then
  write(key, args.set)
  if args.set.recall_until_ms then tell('desk:' .. args.psychologist) end
  return redis.call('HGET', key, 'state') or 'offline'
end
local attempt = redis.call('HGET', key, 'attempt')
local from = redis.call('HGET', key, 'state') or 'offline'
if args.event == 'off_duty' and from == 'talking' then
  redis.call('HSET', key, 'leaving', 1)
  tell('desk:' .. args.psychologist)
  return 'talking'
end
if args.event == 'on_duty' and redis.call('HDEL', key, 'leaving') == 1 then
  -- With the shift she stays for: one that is over must not sign her off once more.
  if args.set.shift_ms then redis.call('HSET', key, 'shift_ms', args.set.shift_ms) end
  tell('desk:' .. args.psychologist)
  return from
end
local to = psy_to(args.psychologist, args.event)
if not to then return false end
if args.event == 'on_duty' then
  unsuspend(args.psychologist)
  redis.call('HDEL', key, 'missed_in_row')
  clear_alarm('last_endpoint_does_not_answer')
end
write(key, args.set)
-- First for whoever calls next: the later wish holds.
if args.set.recall_until_ms then redis.call('HDEL', key, 'lets_next_go_by') end
if from == 'ringing' and to ~= 'talking' and attempt then
  local state = redis.call('HGET', 'offer:' .. attempt, 'state')
  if state == 'due' then settle(attempt, 'withdrawn', 0, 0)
  elseif state and state ~= 'settled' then
    redis.call('HSET', key, 'dropping', attempt)
    put_due('drop:' .. attempt, now)
  end
end
return to
