-- What planning needs, in one look: the head of the line and everybody's presence.
-- args: limit. Returns JSON {calls: [{id, fields…, live}], people: [{id, fields…}], ready}
local function hash(key)
  local flat, out = redis.call('HGETALL', key), {}
  for i = 1, #flat, 2 do out[flat[i]] = flat[i + 1] end
  return out
end
local calls, people = {}, {}
for _, id in ipairs(redis.call('ZRANGE', 'waiting', 0, args.limit - 1)) do
  local call = hash('call:' .. id)
  call.id = id
  call.live = count_rung(id)
  table.insert(calls, call)
end
for _, id in ipairs(redis.call('SMEMBERS', 'psys')) do
  local psy = hash('psy:' .. id)
  psy.id = id
  table.insert(people, psy)
end
return cjson.encode({calls = calls, people = people, ready = ready()})
