-- Who is on a leg that this copy cannot account for, as the carrier's lists show it: not rung, whatever
-- her state says. args: epoch (the one the lists were read in, '' without), everybody, who
-- returns 1, or 0 when the copy was lost or built anew since: then the lists are too old to say anything
if (redis.call('HGET', 'epoch', 'id') or '') ~= args.epoch then return 0 end
local on_a_leg = {}
for _, psy in ipairs(args.who) do on_a_leg[psy] = true end
for _, psy in ipairs(args.everybody) do
  if on_a_leg[psy] then
    if redis.call('HSET', 'psy:' .. psy, 'apart', 1) == 1 then
      -- The board shows her, also when her shift was over before this copy was built.
      redis.call('SADD', 'psys', psy)
      tell('board')
    end
  elseif redis.call('HDEL', 'psy:' .. psy, 'apart') == 1 then
    put_due('match', now)
    tell('board')
  end
end
return 1
