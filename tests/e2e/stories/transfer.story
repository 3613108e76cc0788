# Transfer to a structure: consulted, announced, together, then left to them
on duty: vera
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
 +     A      hears "Une troisième personne est en ligne : Clinique du Lac."
 +10   vera   hands over
 +     vera   is idle             within 5
 +30   A      talks with lac
 +30   A      hangs up
 +     lac    is idle             within 15
counted: spoke 1
