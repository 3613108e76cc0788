-- Open the fiche of a call, or hand it to who is in charge now. One call has one fiche.
-- ARGV: now, fiche, row, call, psychologist, codes
-- returns the fiche's id, '' once the call's fiche is sealed
local function tell(psychologist) redis.call('PUBLISH', 'live:desk:' .. psychologist, '1') end
local of_call = 'fiche:call:' .. ARGV[4]
local known = redis.call('GET', of_call)
if known == 'sealed' then return '' end
if known then
  local key = 'fiche:' .. known
  local live = redis.call('ZSCORE', 'fiches', known) == 'inf'
  local before = redis.call('HGET', key, 'psychologist')
  if live and before ~= ARGV[5] then
    tell(before)
    tell(ARGV[5])
    -- A colleague took over in mid-call: the fiche is hers, and open again.
    redis.call('HSET', key, 'psychologist', ARGV[5], 'closed', '0')
    redis.call('HINCRBY', key, 'edition', 1)
  end
  return known
end
redis.call('HSET', 'fiche:' .. ARGV[2], 'row', ARGV[3], 'call', ARGV[4], 'psychologist', ARGV[5],
  'codes', ARGV[6], 'edition', 0, 'closed', '0')
redis.call('SET', of_call, ARGV[2])
redis.call('ZADD', 'fiches', '+inf', ARGV[2])
tell(ARGV[5])
return ARGV[2]
