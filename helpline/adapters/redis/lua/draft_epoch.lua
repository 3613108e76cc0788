-- Building the working copy begins: what follows holds only while this mark is there. args: draft
-- returns 1, or 0 when there is an epoch
if ready() then return 0 end
redis.call('SET', 'draft', args.draft)
return 1
