# The 3114 and other lines are one key away, and the place is kept
on duty: vera, bruno
 0.0   A      dials 0800288038
 +30   A      presses 3
 +     A      hears "Idées de suicide : le 3114"    within 1
 +     vera   accepts             within 60
 +     A      talks with vera     within 25
 +5    A      hangs up
counted: spoke 1
