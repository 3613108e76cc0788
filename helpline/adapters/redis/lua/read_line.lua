-- What planning needs, in one look: the head of the line and everybody's presence.
-- args: limit, of_each_need (bool: the first `limit` of each need, not of all together)
-- Returns [[[call, how many are rung, [field, value, …]], …] in the order of the line, [psychologist, [field, value, …], …], ready]
return look_at_line(args.limit, args.of_each_need)
