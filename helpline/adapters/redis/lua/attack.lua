-- Attack mode, thrown by hand. args: until (ms; 0 ends it now), by (a name of staff, '' for the command line)
if args['until'] > now then
  redis.call('SET', 'attack', string.format('%d', args['until']))
  redis.call('HSET', 'attack:by', 'who', args.by, 'at_ms', now)
else
  redis.call('DEL', 'attack', 'attack:by')
end
tell('board')
return 1
