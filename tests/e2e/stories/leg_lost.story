# The network drops the psychologist's leg: the caller is told, and offered again at once
on duty: vera, bruno
 0.0   A      dials 0800288038
 +     vera   accepts             within 15
 +     A      talks with vera     within 15
 +10   vera   is cut off
 +     A      hears "La communication a été coupée"   within 5
 +     vera   accepts             within 20
 +     A      talks with vera     within 15
 +10   A      hangs up
counted: spoke 1
