# The partner line does not answer: the caller is in line again, in their old place
on duty: vera
off duty: bruno
partner: asso
 0.0   A      dials 0800288038
 +     vera   accepts             within 15
 +     A      talks with vera     within 15
 +     B      dials 0800288038
 +5    C      dials 0800288038
 +20   B      presses 4
 +     asso   rings               within 10
 +     B      hears "Sinon restez en ligne, votre place est gardée"    within 45
 +5    A      hangs up
 +     vera   is idle             within 8
 +     vera   accepts             within 200
 +     B      talks with vera     within 25
 +5    B      hangs up
 +5    C      hangs up
counted: spoke 2, left_in_line 1
