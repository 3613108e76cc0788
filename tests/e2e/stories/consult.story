# Consulted and let go: the third party is gone before the caller is back
on duty: vera
structures: lac
 0.0   A      dials 0800288038
 +     vera   accepts             within 15
 +     A      talks with vera     within 15
 +5    vera   calls lac
 +     lac    answers             within 10
 +     vera   talks with lac      within 5
 +20   vera   lets go
 +     lac    is idle             within 5
 +     A      talks with vera     within 5
 +5    A      hangs up
 +     vera   is idle             within 15
counted: spoke 1
