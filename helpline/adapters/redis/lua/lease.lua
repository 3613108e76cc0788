-- One holder at a time. args: name, holder, for_ms. Returns 1 when held by `holder` now.
local key = 'lease:' .. args.name
local l = redis.call('HMGET', key, 'holder', 'until_ms')
if l[1] and l[1] ~= args.holder and tonumber(l[2]) > now then return 0 end
redis.call('HSET', key, 'holder', args.holder, 'until_ms', now + args.for_ms)
return 1
