# Nobody is on duty and the partner line never answers: it is rung once, then only if the caller asks for it
on duty: nobody
off duty: vera, bruno
partner: asso
 0.0   A      dials 0800288038
 +     A      hears "nous vous passons une ligne partenaire"    within 30
 +     asso   rings               within 10
 +     A      hears "Pour la ligne partenaire, sur 4"    within 75
 +     A      hears "danger immédiat, le 15"    within 40
 +     A      is over             within 40
 +     asso   has rung 1
counted: diverted 1
