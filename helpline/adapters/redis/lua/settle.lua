-- End an offer. args: attempt, how, wrap_up_ms, cool_ms, endpoints (how many she has). Returns 1 when it was live.
if settle(args.attempt, args.how, args.wrap_up_ms, args.cool_ms) then return 1 end
return 0
