# A wrong code is asked again once, then the call rings elsewhere; the next ring has a code of its own
on duty: vera
off duty: bruno
 0.0   A      dials 0800288038
 +     vera   answers             within 5
 +     vera   hears "composez"    within 10
 +     vera   presses 999
 +1    vera   presses 000
 +     vera   is idle             within 15
 +     vera   accepts             within 40
 +     A      talks with vera     within 15
 +5    A      hangs up
 +     vera   is idle             within 5
 +     vera   has rung 2
counted: spoke 1
