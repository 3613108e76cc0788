-- An alarm begins or is over. args: kind, op (raise or clear). Returns 1 when that changed anything.
if args.op == 'raise' then return raise_alarm(args.kind) end
return clear_alarm(args.kind)
