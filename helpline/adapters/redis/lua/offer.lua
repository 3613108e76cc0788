-- Make up to `want` more offers for a waiting call, counted again in here.
-- args: call, order, want (how many are to be rung in all), attempts, ring_s
if not ready() then return {} end
if redis.call('HGET', 'call:' .. args.call, 'stage') ~= 'waiting' then return {} end
local missing = args.want - count_rung(args.call)
if missing <= 0 then return {} end
return make_offers(args.call, args.order, missing, args.attempts)
