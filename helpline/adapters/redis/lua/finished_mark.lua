-- Mark legs as counted, and note which will be deleted at the carrier.
-- ARGV: now, how many are counted, those, then those to be deleted
local counted = tonumber(ARGV[2])
for i = 3, #ARGV do
  local leg = ARGV[i]
  if i < 3 + counted then
    -- The mark is the leg's, not the record's: it must outlive the record.
    redis.call('HSET', 'receipt:' .. leg, 'counted', '1')
    local sid = redis.call('GET', 'sid:' .. leg) or ''
    local call = 'call:' .. string.sub(sid, 3)
    if string.sub(sid, 1, 2) == 'c:' and redis.call('EXISTS', call) == 1 then
      redis.call('HSET', call, 'counted', '1')
    end
  else
    redis.call('SADD', 'done:erasing', leg)
  end
end
return 1
