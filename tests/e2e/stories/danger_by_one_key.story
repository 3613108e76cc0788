# Danger is one key away from every wait: pressed in the music, heard at once, and the place is kept
on duty: vera
off duty: bruno
 0.0   A      dials 0800288038
 +     vera   accepts             within 15
 +     A      talks with vera     within 15
 +     B      dials 0800288038
 +20   B      presses 1
 +     B      hears "raccrochez et faites le 15, ou le 112"    within 1
 +     A      hangs up
 +     vera   is idle             within 8
 +     vera   accepts             within 200
 +     B      talks with vera     within 25
 +5    B      hangs up
counted: spoke 2
