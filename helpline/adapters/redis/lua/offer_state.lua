-- Compare and set one offer. args: attempt, from […], to (or null), set {…}, leg_id (or null)
-- Returns the state before, or false.
local key = 'offer:' .. args.attempt
local state = redis.call('HGET', key, 'state')
if not state then return false end
local allowed = false
for _, from in ipairs(args.from) do allowed = allowed or from == state end
if not allowed then return state end
local psy = redis.call('HGET', key, 'psychologist')
if args.to == 'sending' and psy ~= '' and redis.call('HGET', 'psy:' .. psy, 'attempt') ~= args.attempt then
  -- She signed off, or was given another offer, while this one waited to be ordered.
  settle(args.attempt, 'withdrawn', 0, 0)
  return 'settled'
end
if given(args.to) then redis.call('HSET', key, 'state', args.to) end
if given(args.to) and args.to ~= 'due' then step_aside(args.attempt) end
write(key, args.set)
note_leg(args.attempt, args.leg_id)
return state
