# Nobody answers, and the caller gives up in the line
on duty: vera, bruno
 0.0   A      dials 0800288038
 +     A      hears "Nous appelons un psychologue"    within 15
 +3    A      hangs up
 +     A      is over             within 2
 +     vera   is idle             within 3
counted: left_in_line 1
