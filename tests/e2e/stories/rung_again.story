# Nobody answers the first ring: at once the next, and the last one who can be rung keeps ringing
on duty: vera
off duty: bruno
 0.0   A      dials 0800288038
 +     vera   rings               within 2
 +     vera   is idle             within 30
 +     vera   rings               within 2
 +     vera   is idle             within 30
 +     vera   rings               within 2
 +     vera   accepts             within 15
 +     A      talks with vera     within 15
 +5    A      hangs up
 +     vera   is idle             within 5
 +     vera   has rung 3
counted: spoke 1
