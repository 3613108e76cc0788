-- What a psychologist wishes on her desk; no change of what she is doing. Said twice, granted once.
-- args: psychologist, what
--   ring_again           all her suspended endpoints ring again
--   let_next_go_by, take_next    one call is not offered to her; she takes that back
--   more {ms, most_ms, end_ms}   her wrap-up, which was to end at `end_ms`, lasts `ms` longer, `most_ms` in all
-- returns 1, or 0 when it does not apply
local key, psy = 'psy:' .. args.psychologist, args.psychologist
local state = redis.call('HGET', key, 'state') or 'offline'
local changed = 0
if args.what == 'ring_again' then
  changed = unsuspend(psy)
elseif args.what == 'take_next' then
  changed = redis.call('HDEL', key, 'lets_next_go_by')
elseif args.what == 'let_next_go_by' then
  if state == 'offline' or state == 'break' then return 0 end
  changed = redis.call('HSETNX', key, 'lets_next_go_by', 1)
elseif args.what == 'more' then
  if state ~= 'wrap_up' then return 0 end
  local more = tonumber(redis.call('HGET', key, 'wrap_up_more_ms') or '0')
  local end_ms = tonumber(redis.call('HGET', key, 'wrap_up_until_ms') or '0')
  if end_ms > args.end_ms then return 1 end
  if end_ms < args.end_ms or end_ms <= now or more + args.ms > args.most_ms then return 0 end
  redis.call('HSET', key, 'wrap_up_more_ms', more + args.ms, 'wrap_up_until_ms', end_ms + args.ms)
  changed = 1
end
if changed > 0 then
  put_due('match', now)
  tell('desk:' .. psy)
  tell('board')
end
return 1
