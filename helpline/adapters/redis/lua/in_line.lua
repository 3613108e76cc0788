-- What a document of the wait needs, in one look: the call of a carrier leg and everybody's presence. ARGV: now, {leg_id}.
-- Returns [call id, [field, value, …], 1 with an epoch else 0, [psychologist, [field, value, …], …]], empty for no call.
local known = redis.call('GET', 'sid:' .. cjson.decode(ARGV[2]).leg_id)
if not known or known:sub(1, 2) ~= 'c:' then return {} end
local people = {}
for _, psy in ipairs(redis.call('SMEMBERS', 'psys')) do
  table.insert(people, psy)
  table.insert(people, redis.call('HGETALL', 'psy:' .. psy))
end
return {known:sub(3), redis.call('HGETALL', 'call:' .. known:sub(3)), redis.call('EXISTS', 'epoch'), people}
