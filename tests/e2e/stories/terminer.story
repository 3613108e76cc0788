# Terminer: the psychologist ends the talk on her desk, the caller hears the closing
on duty: vera, bruno
 0.0   A      dials 0800288038
 +     vera   accepts             within 15
 +     A      talks with vera     within 15
 +30   vera   concludes
 +     vera   is idle             within 3
 +     A      hears "Au revoir"   within 15
 +     A      is over             within 60
counted: spoke 1
