# The structure hangs up after the transfer: the caller may stay and somebody is called
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
 +20   lac    hangs up
 +     A      hears "La communication est terminée de notre côté"   within 5
 +     bruno  accepts             within 40
 +     A      talks with bruno    within 15
 +     A      hangs up
counted: spoke 1
