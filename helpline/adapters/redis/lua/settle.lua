-- End an offer. args: attempt, how, wrap_up_ms, cool_ms, everybody (psychologist to her endpoints), suspend_after. Returns 1 when it was live.
if settle(args.attempt, args.how, args.wrap_up_ms, args.cool_ms) then return 1 end
return 0
