-- Shared by the scripts that write fiches: the call's own step opens one at the bridge and says at the end when it is sealed.
-- One call has one fiche: a string `fiche:call:<call>`, `sealed` until the call is forgotten.
local function tell_coder(psychologist)
  redis.call('PUBLISH', 'live:desk:' .. psychologist, '1')
end

-- Open the fiche of a call, or hand it to who is in charge now. Returns its id, '' once it is sealed.
local function open_fiche(call, fiche, row, psychologist, codes)
  local known = redis.call('GET', 'fiche:call:' .. call)
  if known == 'sealed' then return '' end
  if known then
    local key = 'fiche:' .. known
    local live = redis.call('ZSCORE', 'fiches', known) == 'inf'
    local before = redis.call('HGET', key, 'psychologist')
    if live and before ~= psychologist then
      tell_coder(before)
      tell_coder(psychologist)
      -- A colleague took over in mid-call: the fiche is hers, and open again.
      redis.call('HSET', key, 'psychologist', psychologist, 'closed', '0')
      redis.call('HINCRBY', key, 'edition', 1)
    end
    return known
  end
  redis.call('HSET', 'fiche:' .. fiche, 'row', row, 'call', call, 'psychologist', psychologist,
    'codes', codes, 'edition', 0, 'closed', '0')
  redis.call('SET', 'fiche:call:' .. call, fiche)
  redis.call('ZADD', 'fiches', '+inf', fiche)
  tell_coder(psychologist)
  return fiche
end

-- The call is over: its fiche is sealed at `at`, or now where *Clore* was pressed. Once; returns whether it was this time.
local function seal_fiche_at(call, at, now)
  local fiche = redis.call('GET', 'fiche:call:' .. call)
  if not fiche or redis.call('ZSCORE', 'fiches', fiche) ~= 'inf' then return false end
  local f = redis.call('HMGET', 'fiche:' .. fiche, 'closed', 'psychologist')
  redis.call('ZADD', 'fiches', f[1] == '1' and now or at, fiche)
  tell_coder(f[2])
  return true
end
