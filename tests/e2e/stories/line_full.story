# As many wait as may: who comes then is told where else to turn, who waits keeps their place and is answered
on duty: vera
off duty: bruno
rules: waiting_max 2
 0.0   A      dials 0800288038
 +     vera   accepts             within 15
 +     A      talks with vera     within 15
 +     B      dials 0800288038
 +1    C      dials 0800288038
 +1    D      dials 0800288038
 +     D      hears "Trop de personnes nous appellent en ce moment"    within 3
 +     D      hears "faites le 3114"    within 3
 +     vera   sees alarm line_full    within 1
 +     D      is over             within 60
 +5    A      hangs up
 +     vera   is idle             within 8
 +     vera   accepts             within 200
 +     B      talks with vera     within 25
 +5    B      hangs up
 +     vera   is idle             within 8
 +     vera   accepts             within 200
 +     C      talks with vera     within 25
 +5    C      hangs up
 +     vera   sees no alarm       within 15
counted: spoke 3, refused 1
