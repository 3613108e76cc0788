# The structure is cut off after the transfer: somebody is called at once
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
 +5    vera   hands over
 +20   lac    is cut off
 +     A      hears "La communication a été coupée"   within 5
 +     bruno  accepts             within 15
 +     A      talks with bruno    within 15
 +     A      hangs up
counted: spoke 1
