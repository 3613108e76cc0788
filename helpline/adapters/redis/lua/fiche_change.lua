-- Every change of an open fiche, compare and set. ARGV: now, what, …
--   write, fiche, edition, codes   save over that very edition, while it may be edited
--   close, fiche                   *Clore*: no more edits; sealed as soon as the call is over
--   over, call, seal at            the call is over: set when its fiche is sealed, once
--   drop, fiche                    it is stored sealed: wipe it
-- returns 1 when done, 0 when nothing changed
local now, what = tonumber(ARGV[1]), ARGV[2]
if what == 'over' then return seal_fiche_at(ARGV[3], tonumber(ARGV[4]), now) and 1 or 0 end

local id = ARGV[3]
local key = 'fiche:' .. id
local score = redis.call('ZSCORE', 'fiches', id)
if not score then return 0 end
tell_coder(redis.call('HGET', key, 'psychologist'))
if what == 'write' then
  local f = redis.call('HMGET', key, 'closed', 'edition')
  if f[1] == '1' or f[2] ~= ARGV[4] or tonumber(score) <= now then return 0 end
  redis.call('HSET', key, 'codes', ARGV[5])
  redis.call('HINCRBY', key, 'edition', 1)
elseif what == 'close' then
  redis.call('HSET', key, 'closed', '1')
  if score ~= 'inf' and tonumber(score) > now then redis.call('ZADD', 'fiches', now, id) end
elseif what == 'drop' then
  local call = redis.call('HGET', key, 'call')
  redis.call('DEL', key)
  redis.call('ZREM', 'fiches', id)
  -- While the call is remembered, late news of it must not open a second fiche.
  if redis.call('EXISTS', 'call:' .. call) == 1 then
    redis.call('SET', 'fiche:call:' .. call, 'sealed')
  else
    redis.call('DEL', 'fiche:call:' .. call)
  end
end
return 1
