# Nobody is on duty: an alarm goes off, the caller hears where else to turn
on duty: nobody
off duty: vera, bruno
 0.0   A      dials 0800288038
 +     A      hears "3114"        within 30
 +     vera   sees alarm nobody_on_duty    within 1
 +     A      is over             within 60
 +     vera   has rung 0
 +     bruno  has rung 0
counted: diverted 1
