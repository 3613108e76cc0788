# The caller hangs up on a talk of three: the other two may go on, and neither is left alone
on duty: vera
structures: lac
 0.0   A      dials 0800288038
 +     vera   accepts             within 15
 +     A      talks with vera     within 15
 +5    vera   calls lac
 +     lac    answers             within 10
 +     vera   talks with lac      within 5
 +10   vera   brings together
 +     A      talks with lac      within 15
 +     A      talks with vera     within 5
 +5    A      hangs up
 +90   vera   talks with lac
 +     lac    hangs up
 +     vera   is idle             within 5
counted: spoke 1
