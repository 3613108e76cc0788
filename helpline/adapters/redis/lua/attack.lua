-- Attack mode, thrown by hand. args: until (ms; 0 ends it now)
if args['until'] > now then
  redis.call('SET', 'attack', string.format('%d', args['until']))
else
  redis.call('DEL', 'attack')
end
tell('board')
return 1
