-- What planning needs, in one look: the head of the line and everybody's presence.
-- args: limit, of_each_need (bool: so many of each need too, where the line is longer than that)
-- Returns JSON {calls: [{id, fields…, live}], people: [{id, fields…}], ready}: the head in order, then the others
local function hash(key)
  local flat, out = redis.call('HGETALL', key), {}
  for i = 1, #flat, 2 do out[flat[i]] = flat[i + 1] end
  return out
end
local calls, people, read = {}, {}, {}
local function read_head(line)
  local head = redis.call('ZRANGE', line, 0, args.limit - 1)
  for _, id in ipairs(head) do
    if not read[id] then
      read[id] = true
      local call = hash('call:' .. id)
      call.id = id
      call.live = count_rung(id)
      table.insert(calls, call)
    end
  end
  return #head
end
if read_head('waiting') == args.limit and args.of_each_need then
  for _, need in ipairs(redis.call('SMEMBERS', 'needs')) do read_head('waiting:' .. need) end
end
for _, id in ipairs(redis.call('SMEMBERS', 'psys')) do
  local psy = hash('psy:' .. id)
  psy.id = id
  table.insert(people, psy)
end
return cjson.encode({calls = calls, people = people, ready = ready()})
