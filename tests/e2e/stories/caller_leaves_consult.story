# The caller hangs up while she consults: she is told, the third party ended
on duty: vera
structures: lac
 0.0   A      dials 0800288038
 +     vera   accepts             within 15
 +     A      talks with vera     within 15
 +5    vera   calls lac
 +     lac    answers             within 10
 +     vera   talks with lac      within 5
 +5    A      hangs up
 +     vera   hears "La personne a raccroché."   within 5
 +     lac    hears "La communication est terminée."   within 5
 +     vera   is idle             within 15
 +     lac    is idle             within 15
counted: spoke 1
