-- Declare the working copy complete: claims are possible from here on. args: id, draft (see draft_epoch; '' without)
-- returns 0 when somebody else was faster, or when what was built was lost on the way
if ready() then return 0 end
if given(args.draft) and redis.call('HGET', 'draft', 'id') ~= args.draft then return 0 end
redis.call('DEL', 'draft')
redis.call('HSET', 'epoch', 'id', args.id, 'began_ms', now)
put_due('match', now)
return 1
