# She is cut off while the third party still rings
on duty: vera, bruno
structures: lac
 0.0   A      dials 0800288038
 +     vera   accepts             within 15
 +     A      talks with vera     within 15
 +5    vera   calls lac
 +     lac    rings               within 5
 +     vera   is cut off
 +     lac    is idle             within 5
 +     A      hears "La communication a été coupée"   within 5
 +     bruno  accepts             within 15
 +     A      talks with bruno    within 15
 +     A      hangs up
counted: spoke 1
