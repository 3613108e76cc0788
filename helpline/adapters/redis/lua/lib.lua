-- Shared by every script of the live state. `CALL` and `PSY` (the transition tables of
-- domain/call.py and domain/presence.py) are rendered above this text by scripts.py.
-- Arguments of every script: ARGV[1] = now in ms, ARGV[2] = its arguments as JSON.
-- One rule for all: read, compare and write in here, never read in one script and
-- write in another without comparing again.

local now = tonumber(ARGV[1])
local args = cjson.decode(ARGV[2])

local function ready()
  return redis.call('EXISTS', 'epoch') == 1
end

local function given(value)
  return value ~= nil and value ~= cjson.null and value ~= false and value ~= ''
end

-- Several fields of a hash in one command.
local function write(key, fields)
  local flat = {}
  for field, value in pairs(fields) do
    flat[#flat + 1] = field
    flat[#flat + 1] = value
  end
  if #flat > 0 then redis.call('HSET', key, unpack(flat)) end
end

-- A hint for open pages that what they show may have changed; never the news itself.
-- Said once a script for each page: who hears it reads after the whole step is done.
local told = {}
local function tell(page)
  if told[page] then return end
  told[page] = true
  redis.call('PUBLISH', 'live:' .. page, '1')
end

-- An alarm of a kind stands from when it was first raised. No person and no call is in it.
local function raise_alarm(kind)
  local new = redis.call('HSETNX', 'alarms', kind, now)
  if new == 1 then tell('board') end
  return new
end

local function clear_alarm(kind)
  local was = redis.call('HDEL', 'alarms', kind)
  if was == 1 then tell('board') end
  return was
end

-- Wake a process that carries out what is due, and for a second effect another: more are not there.
local woken = 0
local function wake()
  if woken == 2 then return end
  woken = woken + 1
  redis.call('LPUSH', 'due:wake', '1')
  redis.call('LTRIM', 'due:wake', 0, 3)
end

-- An effect is a member of `due`, its score the moment it is due. Putting it again never
-- delays it. While a process holds it, its score is the end of the lease (`due:held`), and
-- what is put meanwhile waits in `due:again` for the holder to be done: one effect never
-- runs twice at once, and no later moment is lost with the row.
local function put_due(member, at)
  local score = tonumber(redis.call('ZSCORE', 'due', member))
  local held = score and tonumber(redis.call('HGET', 'due:held', member))
  if held and held == score then
    local again = tonumber(redis.call('HGET', 'due:again', member))
    if not again or again > at then redis.call('HSET', 'due:again', member, at) end
  elseif not score or score > at then
    redis.call('ZADD', 'due', at, member)
    wake()
  end
end

local function forget_due(...)
  redis.call('ZREM', 'due', ...)
  redis.call('HDEL', 'due:held', ...)
  redis.call('HDEL', 'due:again', ...)
end

-- What a call needs of a psychologist: its ring plan and its skills. Who needs the same stands in one line, and
-- the line of all is these together, so that nobody is hidden behind callers who need somebody else.
local function need_of(call)
  local c = redis.call('HMGET', 'call:' .. call, 'plan', 'skills')
  return (c[1] or '') .. '|' .. (c[2] or '')
end

local function stand_in_line(call)
  local age, need = redis.call('HGET', 'call:' .. call, 'line_key_ms'), need_of(call)
  redis.call('ZADD', 'waiting:' .. need, age, call)
  redis.call('SADD', 'needs', need)
end

-- Before the call's record changes or goes: that says where they stand. Returns whether they stood there.
local function leave_line(call)
  local need = need_of(call)
  if redis.call('ZREM', 'waiting:' .. need, call) == 0 then return false end
  if redis.call('EXISTS', 'waiting:' .. need) == 0 then redis.call('SREM', 'needs', need) end
  return true
end

local function how_many_wait()
  local waiting = 0
  for _, need in ipairs(redis.call('SMEMBERS', 'needs')) do
    waiting = waiting + redis.call('ZCARD', 'waiting:' .. need)
  end
  return waiting
end

-- Are as many waiting as `args.most` allows? Looked at in the step that lets somebody in: two who come at once do not
-- both take the last place.
local function line_is_full()
  return given(args.most) and args.most > 0 and how_many_wait() >= args.most
end

-- Move a call along its table. Keeps the line (`waiting:`) equal to the stage.
local function call_to(id, event)
  local key = 'call:' .. id
  local from = redis.call('HGET', key, 'stage')
  local to = from and CALL[from][event]
  if not to then return nil end
  redis.call('HSET', key, 'stage', to)
  redis.call('HINCRBY', key, 'rev', 1)
  local psychologist = redis.call('HGET', key, 'psychologist')
  if psychologist then tell('desk:' .. psychologist) end
  tell('board')
  if to == 'waiting' then
    stand_in_line(id)
    put_due('match', now)
  else
    leave_line(id)
  end
  return to
end

-- Move a psychologist along hers. Whoever signed off in mid-call goes offline at its end.
-- `attempt`: that of the offer for which she is rung, written with it.
local function psy_to(id, event, attempt)
  local key = 'psy:' .. id
  local p = redis.call('HMGET', key, 'state', 'leaving')
  local from, leaving = p[1] or 'offline', p[2] == '1'
  local to = PSY[from][event]
  if not to then return nil end
  if leaving and (to == 'available' or to == 'wrap_up') then
    to = 'offline'
    redis.call('HDEL', key, 'leaving')
  end
  if not p[1] then redis.call('SADD', 'psys', id) end
  tell('desk:' .. id)
  tell('board')
  if attempt then redis.call('HSET', key, 'state', to, 'since_ms', now, 'attempt', attempt)
  else redis.call('HSET', key, 'state', to, 'since_ms', now) end
  if to ~= 'ringing' and to ~= 'talking' then redis.call('HDEL', key, 'attempt') end
  if to == 'offline' then redis.call('HDEL', key, 'recall_until_ms', 'lets_next_go_by') end
  -- Rung in her wrap-up: the rest of it is hers if she does not take it.
  if to ~= 'wrap_up' and to ~= 'ringing' then redis.call('HDEL', key, 'wrap_up_until_ms', 'wrap_up_more_ms') end
  if to == 'available' and from ~= 'ringing' then redis.call('HSET', key, 'idle_since_ms', now) end
  -- Who comes free can be rung; who goes may have been the last before standby.
  if to ~= 'ringing' and to ~= 'talking' then put_due('match', now) end
  return to
end

-- The third party of a talk has changed: who decides about the call looks again, and her desk too.
local function third_changed(call)
  redis.call('HINCRBY', 'call:' .. call, 'rev', 1)
  local psychologist = redis.call('HGET', 'call:' .. call, 'psychologist')
  if psychologist then tell('desk:' .. psychologist) end
end

-- Is this offer a third party's? No longer, once the call was handed to that colleague.
local function is_third(attempt, call)
  return redis.call('HGET', 'offer:' .. attempt, 'third') == '1'
    and redis.call('HGET', 'call:' .. call, 'attempt') ~= attempt
end

local function live_offers(call)
  local live = {}
  for _, attempt in ipairs(redis.call('SMEMBERS', 'offers:' .. call)) do
    local state = redis.call('HGET', 'offer:' .. attempt, 'state')
    if state and state ~= 'settled' then table.insert(live, {attempt, state}) end
  end
  table.sort(live, function(a, b) return a[1] < b[1] end)
  return live
end

-- How many are being rung for a call. A claimed offer of a call that waits again is not one:
-- its leg is on the way out, and somebody else is to be rung without waiting for that.
local function count_rung(call)
  local rung = 0
  for _, offer in ipairs(live_offers(call)) do
    if offer[2] ~= 'claimed' and not is_third(offer[1], call) then rung = rung + 1 end
  end
  return rung
end

-- Give her back what she did before she was rung.
local function not_taken(psy)
  local wrap_up_until = tonumber(redis.call('HGET', 'psy:' .. psy, 'wrap_up_until_ms'))
  if wrap_up_until and wrap_up_until > now then
    psy_to(psy, 'wrap_up_again')
    -- Its row may have come up, and gone, while she was rung: she made it longer before.
    put_due('rest:' .. psy, wrap_up_until)
  else
    psy_to(psy, 'not_taken')
  end
end

-- A third party's leg is over. On hold she is told how it ended; who was only to be gone
-- first lets the caller back in.
local function third_is_over(call, attempt)
  local key = 'call:' .. call
  local c = redis.call('HMGET', key, 'third', 'third_out', 'stage', 'held')
  if c[1] == attempt then
    redis.call('HDEL', key, 'third', 'third_in', 'third_psychologist')
    if c[3] == 'talking' and c[4] == '1' then redis.call('HSET', key, 'third_gone', attempt) end
  elseif c[2] == attempt then
    redis.call('HDEL', key, 'third_out')
    if c[3] == 'talking' then put_due('place:' .. call, now) end
  end
  third_changed(call)
end

-- Who stayed with a third party after the caller had hung up: the last of them is not left alone.
local function part_company(attempt)
  local key = 'offer:' .. attempt
  local with = redis.call('HGET', key, 'with')
  if with and (redis.call('HGET', 'offer:' .. with, 'state') or 'settled') ~= 'settled' then put_due('drop:' .. with, now) end
  -- The call's record may be erased by now; then nobody else clears this away.
  if redis.call('EXISTS', 'call:' .. redis.call('HGET', key, 'call')) == 0 then
    redis.call('DEL', key)
    forget_due('ring:' .. attempt, 'drop:' .. attempt, 'tell:' .. attempt)
  end
end

-- Whose turn it is to leave, of the offers not yet sent: the first offer of the oldest
-- caller, then the other callers' first ones, then second ones. Each carries its own place,
-- so that it can be put back.
local function line_up(attempt)
  redis.call('ZADD', 'legs', redis.call('HGET', 'offer:' .. attempt, 'turn'), attempt)
end

local function step_aside(attempt)
  local first = redis.call('ZRANGE', 'legs', 0, 0)[1]
  if redis.call('ZREM', 'legs', attempt) == 1 and first == attempt then
    local head = redis.call('ZRANGE', 'legs', 0, 0)[1]
    if head then put_due('ring:' .. head, math.max(now, tonumber(redis.call('HGET', 'tokens', 'free_at_ms') or '0'))) end
  end
end

-- A leg id is written together with its way back.
local function note_leg(attempt, leg_id)
  if not given(leg_id) then return end
  redis.call('HSET', 'offer:' .. attempt, 'leg_id', leg_id)
  redis.call('SET', 'sid:' .. leg_id, 'o:' .. attempt)
end

-- All her endpoints ring again: she has proved that she is there, or says so, or begins anew.
local function unsuspend(psy)
  local key, gone = 'psy:' .. psy, {}
  for _, field in ipairs(redis.call('HKEYS', key)) do
    if field:sub(1, 10) == 'suspended:' or field:sub(1, 7) == 'missed:' then table.insert(gone, field) end
  end
  if #gone > 0 then redis.call('HDEL', key, unpack(gone)) end
  return #gone
end

-- Could any endpoint but this one be rung for somebody, now or within seconds?
-- `args.everybody`: psychologist to her endpoints, of the whole roster.
local function another_is_reachable(endpoint)
  for psy, endpoints in pairs(args.everybody or {}) do
    local state = redis.call('HGET', 'psy:' .. psy, 'state')
    if state == 'available' or state == 'ringing' or state == 'wrap_up' then
      for _, other in ipairs(endpoints) do
        if other ~= endpoint and redis.call('HEXISTS', 'psy:' .. psy, 'suspended:' .. other) == 0 then return true end
      end
    end
  end
  return false
end

-- A ring that nobody answered. The second in a row suspends the endpoint, unless it is the
-- last one that can be rung at all: that keeps ringing, and the alarm goes off.
local function note_miss(psy, endpoint)
  local key = 'psy:' .. psy
  redis.call('HINCRBY', key, 'missed_in_row', 1)
  local missed = redis.call('HINCRBY', key, 'missed:' .. endpoint, 1)
  if missed < (args.suspend_after or 2) then return end
  if not another_is_reachable(endpoint) then
    raise_alarm('last_endpoint_does_not_answer')
  elseif redis.call('HSETNX', key, 'suspended:' .. endpoint, now) == 1 then
    tell('desk:' .. psy)
  end
end

-- Has another endpoint of hers been tried less often for this call?
local function has_another(ckey, psy, endpoint)
  local tried = tonumber(redis.call('HGET', ckey, 'tried:' .. endpoint) or '0')
  for _, other in ipairs((args.everybody or {})[psy] or {}) do
    local suspended = redis.call('HEXISTS', 'psy:' .. psy, 'suspended:' .. other) == 1
    if other ~= endpoint and not suspended and tonumber(redis.call('HGET', ckey, 'tried:' .. other) or '0') < tried then
      return true
    end
  end
  return false
end

-- End an offer: its psychologist is freed as it ended, the call goes back to the line if
-- this offer held it. Returns false when the offer was settled before (nothing changes).
local function settle(attempt, how, wrap_up_ms, cool_ms)
  local key = 'offer:' .. attempt
  local o = redis.call('HMGET', key, 'state', 'call', 'psychologist', 'endpoint')
  if not o[1] or o[1] == 'settled' then return false end
  local held, call, psy, endpoint = o[1] == 'claimed', o[2], o[3], o[4]
  local third = is_third(attempt, call)
  redis.call('HSET', key, 'state', 'settled', 'settlement', how)
  step_aside(attempt)
  if redis.call('HGET', 'psy:' .. psy, 'attempt') == attempt then
    if how == 'talked' and held then
      if psy_to(psy, 'talk_over') == 'wrap_up' then
        redis.call('HSET', 'psy:' .. psy, 'wrap_up_until_ms', now + wrap_up_ms)
        put_due('rest:' .. psy, now + wrap_up_ms)
      end
    elseif held then psy_to(psy, 'claim_lost')
    else not_taken(psy) end
  elseif redis.call('HGET', 'psy:' .. psy, 'dropping') == attempt then
    redis.call('HDEL', 'psy:' .. psy, 'dropping')
  end
  local ckey = 'call:' .. call
  if third and redis.call('EXISTS', ckey) == 1 then third_is_over(call, attempt)
  elseif redis.call('EXISTS', ckey) == 1 then
    if how == 'missed' or how == 'unreachable' or how == 'failed' then
      redis.call('HINCRBY', ckey, 'tried:' .. endpoint, 1)
      -- Her next endpoint is tried in the same breath; after the last one she has a pause.
      if how ~= 'missed' and has_another(ckey, psy, endpoint) then cool_ms = 0 end
      if how == 'missed' then note_miss(psy, endpoint) end
    end
    if cool_ms > 0 then redis.call('HSET', ckey, 'cool:' .. psy, now + cool_ms) end
    if how == 'missed' or how == 'declined' then
      -- She was asked first, and once is enough.
      if redis.call('HGET', ckey, 'first_choice') == psy then redis.call('HDEL', ckey, 'first_choice') end
    end
    local c = redis.call('HMGET', ckey, 'stage', 'attempt', 'caller_in')
    if held and c[1] == 'claimed' and c[2] == attempt then
      call_to(call, 'released')
      -- `attempt` stays: it names the room the caller may stand in, alone now.
      redis.call('HDEL', ckey, 'psychologist', 'claimed_ms', 'moved_ms')
      redis.call('HSET', ckey, 'moves', 0, 'psychologist_in', 0)
      if c[3] == '1' then put_due('speak:' .. call, now)
      -- They may be in the room all the same, or on the way: its news is not here yet.
      else put_due('joined:' .. call, now + 2000) end
    end
  end
  part_company(attempt)
  put_due('match', now)
  return true
end

-- The caller has hung up on a talk of three: she and the third party may go on, for a while.
-- Returns who stays, as a set.
local DEBRIEF_MS = 600000
local function stay_together(call)
  local c = redis.call('HMGET', 'call:' .. call, 'stage', 'third', 'third_in', 'held', 'attempt')
  if c[1] ~= 'ended' or not c[2] or c[3] ~= '1' or c[4] == '1' then return {} end
  local both = {c[2], c[5]}
  for _, attempt in ipairs(both) do
    if redis.call('HGET', 'offer:' .. attempt, 'state') ~= 'claimed' then return {} end
  end
  for nth, attempt in ipairs(both) do
    redis.call('HSET', 'offer:' .. attempt, 'with', both[3 - nth], 'talked', 1)
    put_due('drop:' .. attempt, now + DEBRIEF_MS)
  end
  return {[both[1]] = true, [both[2]] = true}
end

-- Free everybody who is rung for `call`, but `except`. What is not yet at the carrier is
-- settled here; a leg there is dropped by an effect, or told that it is too late when it
-- has picked up, and settled when it is gone.
local function release_offers(call, except)
  local stays = stay_together(call)
  for _, offer in ipairs(live_offers(call)) do
    local attempt, state = offer[1], offer[2]
    if attempt ~= except and not stays[attempt] then
      if state == 'due' then settle(attempt, 'withdrawn', 0, 0)
      elseif redis.call('HGET', 'offer:' .. attempt, 'answered') == '1' then put_due('tell:' .. attempt, now)
      else put_due('drop:' .. attempt, now) end
    end
  end
end

-- Take the first free ones of `order` ({psychologist, endpoint} …) until the call has
-- `want` more offers. Free and not cooling is looked at again: the plan may be old. Nobody
-- is rung while an earlier leg of hers is still being ended (`dropping`), or is on one we lost (`apart`). `attempts` are random ids
-- drawn by the caller, one for each.
-- With the first one made, those in `args.passing` have let this call go by, and no other.
local function make_offers(call, order, want, attempts)
  local made, rung = {}, count_rung(call)
  local age = tonumber(redis.call('HGET', 'call:' .. call, 'line_key_ms') or '0')
  for _, who in ipairs(order) do
    if #made >= want or #made >= #attempts then break end
    local psy = who[1]
    local p = redis.call('HMGET', 'psy:' .. psy, 'state', 'dropping', 'apart')
    local c = redis.call('HMGET', 'call:' .. call, 'first_choice', 'cool:' .. psy)
    local free = p[1] == 'available' or (p[1] == 'wrap_up' and (args.wrap_up or c[1] == psy))
    local cooling = c[2] and tonumber(c[2]) > now
    local leg_up = p[3] or (p[2] and (redis.call('HGET', 'offer:' .. p[2], 'state') or 'settled') ~= 'settled')
    if free and not leg_up and not cooling then
      local attempt = attempts[#made + 1]
      local turn = (rung + #made) * 1e13 + age
      psy_to(psy, 'offered', attempt)
      redis.call('HSET', 'offer:' .. attempt, 'call', call, 'psychologist', psy,
        'endpoint', who[2], 'state', 'due', 'made_ms', now, 'ring_s', args.ring_s or 25,
        'turn', turn)
      redis.call('ZADD', 'legs', turn, attempt)
      redis.call('SADD', 'offers:' .. call, attempt)
      put_due('ring:' .. attempt, now)
      table.insert(made, attempt)
    end
  end
  for _, psy in ipairs(#made > 0 and args.passing or {}) do
    if redis.call('HDEL', 'psy:' .. psy, 'lets_next_go_by') == 1 then
      redis.call('HSET', 'call:' .. call, 'passed:' .. psy, 1)
      tell('desk:' .. psy)
    end
  end
  return made
end

-- Everybody's presence: [psychologist, [field, value, …], …].
local function everybody()
  local people = {}
  for _, id in ipairs(redis.call('SMEMBERS', 'psys')) do
    people[#people + 1] = id
    people[#people + 1] = redis.call('HGETALL', 'psy:' .. id)
  end
  return people
end

-- The first `limit` of the line, or of each need, in the order of the line, and everybody's presence:
-- [[[call, how many are rung, [field, value, …]], …], everybody, 1 with an epoch else 0].
local function look_at_line(limit, of_each_need)
  local line, calls = {}, {}
  for _, need in ipairs(limit > 0 and redis.call('SMEMBERS', 'needs') or {}) do
    local head = redis.call('ZRANGE', 'waiting:' .. need, 0, limit - 1, 'WITHSCORES')
    for i = 1, #head, 2 do table.insert(line, {tonumber(head[i + 1]), head[i]}) end
  end
  table.sort(line, function(a, b) return a[1] < b[1] or (a[1] == b[1] and a[2] < b[2]) end)
  for place, one in ipairs(line) do
    if place > limit and not of_each_need then break end
    table.insert(calls, {one[2], count_rung(one[2]), redis.call('HGETALL', 'call:' .. one[2])})
  end
  return {calls, everybody(), ready() and 1 or 0}
end

-- How many wait, and the end of attack mode in ms or 0.
-- An attack mode that is over is removed by the first who looks: nothing here has an expiry.
local function look_at_gate()
  local ends = tonumber(redis.call('GET', 'attack') or '0')
  if ends ~= 0 and ends <= now then
    redis.call('DEL', 'attack', 'attack:by')
    tell('board')
    ends = 0
  end
  return {how_many_wait(), ends}
end
