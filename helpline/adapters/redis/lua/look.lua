-- The reconciler is to look at once: news was not taken in. No args. Returns 1, or 0 without an epoch, when it looks anyway.
if not ready() then return 0 end
redis.call('HSET', 'epoch', 'look_ms', now)
return 1
