# Nine passes the call on: one who picked up and pressed it is not rung again for it
on duty: vera, bruno
 0.0   A      dials 0800288038
 +     bruno  answers             within 5
 +     bruno  hears "Pour passer, 9"   within 10
 +     bruno  presses 9
 +     bruno  is idle             within 6
 +     vera   accepts             within 20
 +     A      talks with vera     within 15
 +5    A      hangs up
 +     vera   is idle             within 5
 +     bruno  has rung 1
counted: spoke 1
