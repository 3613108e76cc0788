-- Building the working copy begins: what follows holds only while this mark is there. args: draft
-- returns since when (ms) this loss is known, or 0 when there is an epoch
if ready() then return 0 end
redis.call('HSET', 'draft', 'id', args.draft)
redis.call('HSETNX', 'draft', 'since_ms', now)
return tonumber(redis.call('HGET', 'draft', 'since_ms'))
