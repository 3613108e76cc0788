# The web processes die while the telephones ring: they come back, and the caller reaches her
on duty: vera, bruno
 0.0   A      dials 0800288038
 +     A      hears "Appel anonyme, non enregistré"   within 5
 +     vera   rings               within 5
 +     web    is killed
 +     web    is back             within 15
 +1    vera   accepts             within 15
 +     A      talks with vera     within 20
 +     bruno  is idle             within 10
 +5    A      hangs up
 +     vera   is idle             within 5
 +     vera   has rung 1
counted: spoke 1
