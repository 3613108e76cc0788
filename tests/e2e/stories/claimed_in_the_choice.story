# A key pressed as a psychologist accepts: the caller is fetched all the same
on duty: vera, bruno
 0.0   A      dials 0800288038
 +12   vera   accepts             within 15
 +     A      presses 1
 +     A      talks with vera     within 20
 +5    A      hangs up
counted: spoke 1
