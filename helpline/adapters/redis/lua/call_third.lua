-- She calls a third party into her talk: the caller is put on hold in the same step.
-- args: call, rev, attempt, psychologist ('' for a structure), endpoint, ring_s
-- returns 1, or 0 when the call has changed, is in no talk, has a third party, or the colleague is not free
local key = 'call:' .. args.call
local c = redis.call('HMGET', key, 'rev', 'stage', 'third', 'third_out')
if not ready() or c[1] ~= tostring(args.rev) or c[2] ~= 'talking' or c[3] or c[4] then return 0 end
local psy = args.psychologist
if psy ~= '' then
  local p = redis.call('HMGET', 'psy:' .. psy, 'state', 'dropping', 'apart')
  local leg_up = p[3] or (p[2] and (redis.call('HGET', 'offer:' .. p[2], 'state') or 'settled') ~= 'settled')
  if p[1] ~= 'available' or leg_up then return 0 end
  psy_to(psy, 'offered', args.attempt)
  redis.call('HSET', key, 'third_psychologist', psy)
end
redis.call('HSET', 'offer:' .. args.attempt, 'call', args.call, 'psychologist', psy, 'endpoint', args.endpoint,
  'state', 'due', 'made_ms', now, 'ring_s', args.ring_s, 'third', 1,
  'turn', redis.call('HGET', key, 'line_key_ms') or now)
line_up(args.attempt)
redis.call('SADD', 'offers:' .. args.call, args.attempt)
redis.call('HSET', key, 'held', 1, 'third', args.attempt)
redis.call('HDEL', key, 'third_gone')
third_changed(args.call)
put_due('ring:' .. args.attempt, now)
put_due('place:' .. args.call, now)
return 1
