-- Declare the working copy complete: claims are possible from here on. args: id
-- returns 0 when somebody else was faster
if ready() then return 0 end
redis.call('HSET', 'epoch', 'id', args.id, 'began_ms', now)
put_due('match', now)
return 1
