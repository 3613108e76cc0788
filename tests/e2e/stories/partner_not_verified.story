# Without a verified partner line its key means nothing, nothing of it is said, and the wait goes on
on duty: vera, bruno
 0.0   A      dials 0800288038
 +20   A      presses 4
 +     A      hears "En cas de danger immédiat, faites le 15. Si vous avez"    within 3
 +     vera   accepts             within 60
 +     A      talks with vera     within 25
 +5    A      hangs up
counted: spoke 1
