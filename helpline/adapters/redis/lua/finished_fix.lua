-- Fix the receipt a leg is counted under, unless one is fixed. ARGV: now, leg, receipt, leg, receipt …
-- returns the receipts in force, in the order of the legs
local fixed = {}
for i = 2, #ARGV, 2 do
  redis.call('HSETNX', 'receipt:' .. ARGV[i], 'receipt', ARGV[i + 1])
  fixed[i / 2] = redis.call('HGET', 'receipt:' .. ARGV[i], 'receipt')
end
return fixed
