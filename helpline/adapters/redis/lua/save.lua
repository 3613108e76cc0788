-- Compare and set one call: write only if nobody changed it since it was loaded.
-- args: id, rev, event (or null), set {…}, del […], effects [[member, at] …],
--       release (bool: free everybody rung for it but `keep`), keep, most (how many may wait; 0: whoever comes),
--       fiche [id, row, psychologist, codes] to open or hand over, seal_at (the call is over: when its fiche is sealed)
-- returns 1, or 0 when the call has changed (load again) or is gone, or -1 when late news or the line is full
local key = 'call:' .. args.id
if redis.call('HGET', key, 'rev') ~= tostring(args.rev) then return 0 end
if line_is_full() then return -1 end
if given(args.event) then
  if not call_to(args.id, args.event) then return -1 end
else
  redis.call('HINCRBY', key, 'rev', 1)
end
if args.event == 'bridged' then
  local attempt = redis.call('HGET', key, 'attempt')
  if attempt and redis.call('EXISTS', 'offer:' .. attempt) == 1 then
    redis.call('HSET', 'offer:' .. attempt, 'talked', 1)
  end
end
local stands_elsewhere = (args.set.line_key_ms or args.set.plan or args.set.skills) and leave_line(args.id)
write(key, args.set)
if stands_elsewhere then stand_in_line(args.id) end
if #args.del > 0 then redis.call('HDEL', key, unpack(args.del)) end
-- Who talks with the caller and her is no mere call among colleagues any more.
local c = redis.call('HMGET', key, 'third', 'third_in', 'held')
if c[1] and c[2] == '1' and c[3] ~= '1' then redis.call('HSET', 'offer:' .. c[1], 'talked', 1) end
if args.release then release_offers(args.id, args.keep) end
for _, effect in ipairs(args.effects) do put_due(effect[1], effect[2]) end
if given(args.fiche) then open_fiche(args.id, unpack(args.fiche)) end
if given(args.seal_at) then seal_fiche_at(args.id, args.seal_at, now) end
return 1
