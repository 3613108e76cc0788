# The psychologist hangs up first: the caller is told, stays, and she is rung again
on duty: vera, bruno
 0.0   A      dials 0800288038
 +     vera   accepts             within 15
 +     A      talks with vera     within 15
 +60   vera   hangs up
 +     A      hears "La communication est terminée de notre côté"    within 5
 +     vera   accepts             within 40
 +     A      talks with vera     within 15
 +10   A      hangs up
counted: spoke 1
