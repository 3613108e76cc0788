-- What planning needs, in one look: the head of the line and everybody's presence.
-- args: limit, of_each_need (bool: the first `limit` of each need, not of all together)
-- Returns JSON {calls: [{id, fields…, live}], people: [{id, fields…}], ready}, calls in the order of the line
return cjson.encode(look_at_line(args.limit, args.of_each_need))
