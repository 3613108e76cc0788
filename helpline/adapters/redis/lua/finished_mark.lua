-- Mark legs as counted. ARGV: now, leg …
for i = 2, #ARGV do
  local leg = ARGV[i]
  redis.call('SADD', 'done:watched', leg)
  -- The mark is the leg's, not the record's: it must outlive the record.
  redis.call('HSET', 'receipt:' .. leg, 'counted', '1')
  local sid = redis.call('GET', 'sid:' .. leg) or ''
  local call = 'call:' .. string.sub(sid, 3)
  if string.sub(sid, 1, 2) == 'c:' and redis.call('EXISTS', call) == 1 then
    redis.call('HSET', call, 'counted', '1')
  end
end
return 1
