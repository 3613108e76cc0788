-- Fix the receipt a leg is counted under, unless one is fixed. Whatever is kept of a leg is
-- watched from the same step on: a slow sweeper may write this after all was forgotten,
-- and somebody must find it again. ARGV: now, leg, receipt, leg, receipt …
-- returns the receipts in force, in the order of the legs
local fixed = {}
for i = 2, #ARGV, 2 do
  redis.call('SADD', 'done:watched', ARGV[i])
  redis.call('HSETNX', 'receipt:' .. ARGV[i], 'receipt', ARGV[i + 1])
  fixed[i / 2] = redis.call('HGET', 'receipt:' .. ARGV[i], 'receipt')
end
return fixed
