-- Note legs that will now be deleted at the carrier, to forget them once they are gone.
-- ARGV: now, leg …
for i = 2, #ARGV do redis.call('SADD', 'done:watched', ARGV[i]) end
return 1
