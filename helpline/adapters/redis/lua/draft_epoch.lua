-- Building the working copy begins: what is built holds only while this mark is there. args: draft (random)
-- returns {the mark, since when (ms) this loss is known}, or 0 when there is an epoch. The mark is that of whoever noticed
-- the loss: several who build at once build the same copy, and none of them undoes what another has built.
if ready() then return 0 end
if redis.call('HSETNX', 'draft', 'id', args.draft) == 1 then redis.call('HSET', 'draft', 'since_ms', now) end
return redis.call('HMGET', 'draft', 'id', 'since_ms')
