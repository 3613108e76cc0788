# She is cut off from a talk of three: the caller and the third party talk on
on duty: vera, bruno
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
 +5    vera   is cut off
 +     vera   is idle             within 5
 +30   A      talks with lac
 +     bruno  has rung 1
 +     A      hangs up
 +     lac    is idle             within 15
counted: spoke 1
