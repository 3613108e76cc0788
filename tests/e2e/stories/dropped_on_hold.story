# She is cut off with the caller on hold: somebody is called at once
on duty: vera, bruno
 0.0   A      dials 0800288038
 +     vera   accepts             within 15
 +     A      talks with vera     within 15
 +5    vera   holds
 +10   vera   is cut off
 +     A      hears "La communication a été coupée"   within 5
 +     bruno  accepts             within 15
 +     A      talks with bruno    within 15
 +     A      hangs up
counted: spoke 1
