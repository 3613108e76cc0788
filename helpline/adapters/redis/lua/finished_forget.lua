-- Wipe what is kept of legs the carrier no longer has (a call's record was wiped before,
-- by forget.lua). The generation moves on: a sweep that listed such a leg before and
-- looks it up after must not take "nothing known" for "never counted".
-- ARGV: now, leg, call or '', leg, call or '' …
for i = 2, #ARGV, 2 do
  local leg, call = ARGV[i], ARGV[i + 1]
  local sid = redis.call('GET', 'sid:' .. leg) or ''
  if string.sub(sid, 1, 2) == 'o:' then
    local offer = 'offer:' .. string.sub(sid, 3)
    local of = redis.call('HGET', offer, 'call')
    if of and redis.call('EXISTS', 'call:' .. of) == 1 then
      -- The call may still need its room's name; it takes its offers with it.
      redis.call('HDEL', offer, 'leg_id')
    else
      redis.call('DEL', offer)
    end
  end
  redis.call('DEL', 'sid:' .. leg, 'receipt:' .. leg)
  redis.call('SREM', 'done:watched', leg)
  -- The sign that this call's fiche is sealed was kept for as long as the call was.
  if call ~= '' and redis.call('GET', 'fiche:call:' .. call) == 'sealed' then
    redis.call('DEL', 'fiche:call:' .. call)
  end
end
redis.call('INCR', 'done:forgets')
return 1
