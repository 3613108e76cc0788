# She hangs up while she consults: the third party is ended, the caller offered at once
on duty: vera, bruno
structures: lac
 0.0   A      dials 0800288038
 +     vera   accepts             within 15
 +     A      talks with vera     within 15
 +5    vera   calls lac
 +     lac    answers             within 10
 +     vera   talks with lac      within 5
 +5    vera   hangs up
 +     lac    is idle             within 5
 +     A      hears "La communication a été coupée"   within 5
 +     bruno  accepts             within 15
 +     A      talks with bruno    within 15
 +     A      hangs up
counted: spoke 1
