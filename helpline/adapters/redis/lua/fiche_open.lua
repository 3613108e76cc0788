-- Open the fiche of a call, or hand it to who is in charge now. One call has one fiche.
-- ARGV: now, fiche, row, call, psychologist, codes
-- returns the fiche's id, '' once the call's fiche is sealed
return open_fiche(ARGV[4], ARGV[2], ARGV[3], ARGV[5], ARGV[6])
