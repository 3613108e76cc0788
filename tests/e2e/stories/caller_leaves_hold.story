# The caller hangs up on hold: she is told
on duty: vera
 0.0   A      dials 0800288038
 +     vera   accepts             within 15
 +     A      talks with vera     within 15
 +5    vera   holds
 +10   A      hangs up
 +     vera   hears "La personne a raccroché."   within 5
 +     vera   is idle             within 15
counted: spoke 1
