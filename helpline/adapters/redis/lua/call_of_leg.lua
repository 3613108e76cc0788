-- The call of a carrier leg in one look. ARGV: now, {leg_id}. Returns [call id, field, value, …], empty for no call.
local known = redis.call('GET', 'sid:' .. cjson.decode(ARGV[2]).leg_id)
if not known or known:sub(1, 2) ~= 'c:' then return {} end
local flat = redis.call('HGETALL', 'call:' .. known:sub(3))
table.insert(flat, 1, known:sub(3))
return flat
