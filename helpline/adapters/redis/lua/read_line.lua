-- What planning needs, in one look: the head of the line and everybody's presence.
-- args: limit, of_each_need (bool: the first `limit` of each need, not of all together)
-- Returns JSON {calls: [{id, fields…, live}], people: [{id, fields…}], ready}, calls in the order of the line
local function hash(key)
  local flat, out = redis.call('HGETALL', key), {}
  for i = 1, #flat, 2 do out[flat[i]] = flat[i + 1] end
  return out
end
local line, calls, people = {}, {}, {}
for _, need in ipairs(redis.call('SMEMBERS', 'needs')) do
  local head = redis.call('ZRANGE', 'waiting:' .. need, 0, args.limit - 1, 'WITHSCORES')
  for i = 1, #head, 2 do table.insert(line, {tonumber(head[i + 1]), head[i]}) end
end
table.sort(line, function(a, b) return a[1] < b[1] or (a[1] == b[1] and a[2] < b[2]) end)
for place, one in ipairs(line) do
  if place > args.limit and not args.of_each_need then break end
  local call = hash('call:' .. one[2])
  call.id = one[2]
  call.live = count_rung(one[2])
  table.insert(calls, call)
end
for _, id in ipairs(redis.call('SMEMBERS', 'psys')) do
  local psy = hash('psy:' .. id)
  psy.id = id
  table.insert(people, psy)
end
return cjson.encode({calls = calls, people = people, ready = ready()})
