# Redis dies while the telephones ring: the caller still waits at the carrier, and is offered anew
on duty: vera, bruno
 0.0   A      dials 0800288038
 +     A      hears "Appel anonyme, non enregistré"   within 5
 +     vera   rings               within 5
 +     redis  is killed
 +     redis  is back             within 15
 +2    vera   accepts             within 15
 +     A      talks with vera     within 20
 +     bruno  is idle             within 10
 +5    A      hangs up
 +     vera   is idle             within 5
 +     vera   has rung 2
counted: spoke 1
