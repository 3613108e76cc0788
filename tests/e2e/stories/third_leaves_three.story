# The third party hangs up on a talk of three: two go on
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
 +5    lac    hangs up
 +20   A      talks with vera
 +     A      hangs up
counted: spoke 1
