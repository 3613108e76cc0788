# Nobody is on duty: who presses 2 stays in line, and whoever comes on duty is rung for them
on duty: nobody
off duty: vera, bruno
 0.0   A      dials 0800288038
 +10   A      presses 2
 +     A      hears "Dès qu'un psychologue sera là"    within 15
 +120  vera   goes on duty
 +     vera   accepts             within 10
 +     A      talks with vera     within 25
 +     vera   sees no alarm       within 15
 +5    A      hangs up
counted: spoke 1
