-- Put both halves of a new batch in place unless one is open. User `clock` only.
-- ARGV: now, batch, public half, private half; returns {batch, public half} open now
local open = redis.call('HMGET', 'batch:public', 'id', 'public')
if open[1] and redis.call('EXISTS', 'batch:private:' .. open[1]) == 1 then return open end
redis.call('SET', 'batch:private:' .. ARGV[2], ARGV[4])
redis.call('HSET', 'batch:public', 'id', ARGV[2], 'public', ARGV[3])
return {ARGV[2], ARGV[3]}
