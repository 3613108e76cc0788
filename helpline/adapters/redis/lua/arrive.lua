-- A call arrives: record it and make its first offers in one step.
-- args: id, leg_id, fields {…}, order, want, attempts, ring_s, most (how many may wait; 0: whoever comes)
-- returns the id under which the leg is known ('' when the line was full: nothing is written), and whether it is new
local known = redis.call('GET', 'sid:' .. args.leg_id)
if known then return {known, 0} end
if line_is_full() then return {'', 0} end
local key = 'call:' .. args.id
write(key, args.fields)
redis.call('HSET', key, 'leg_id', args.leg_id, 'rev', 0)
redis.call('SET', 'sid:' .. args.leg_id, 'c:' .. args.id)
redis.call('SADD', 'calls', args.id)
if args.fields.stage == 'waiting' then
  tell('board')
  stand_in_line(args.id)
  if ready() then make_offers(args.id, args.order, args.want, args.attempts) end
  put_due('match', now + 1000)
end
return {'c:' .. args.id, 1}
