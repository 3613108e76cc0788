# Nobody answers for two minutes: the caller is told, an alarm goes off, ringing goes on, and staying is possible
on duty: vera
standby: bruno
 0.0   A      dials 0800288038
 +     vera   rings               within 2
 +     bruno  rings               within 60
 +     A      hears "Personne n'a encore pu vous répondre"    within 145
 +     vera   sees alarm nobody_answers    within 1
 +     bruno  accepts             within 90
 +     A      talks with bruno    within 25
 +     vera   sees no alarm       within 15
 +5    A      hangs up
counted: spoke 1
