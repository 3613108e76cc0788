# Transfer to a SAMU by its local number
on duty: vera
structures: samu
 0.0   A      dials 0800288038
 +     vera   accepts             within 15
 +     A      talks with vera     within 15
 +5    vera   calls samu
 +     samu    answers             within 10
 +     vera   talks with samu      within 5
 +10   vera   brings together
 +     A      talks with samu      within 15
 +     A      talks with vera     within 5
 +10   vera   hands over
 +60   A      talks with samu
 +     A      hangs up
 +     samu   is idle             within 15
counted: spoke 1
