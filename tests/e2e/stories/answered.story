# A caller is answered: the telephones ring during the welcome, one psychologist accepts
on duty: vera, bruno
 0.0   A      dials 0800288038
 +     vera   rings               within 2
 +     bruno  rings               within 2
 +     A      hears "Appel anonyme, non enregistré"   within 5
 +     vera   accepts             within 15
 +     A      talks with vera     within 15
 +     bruno  is idle             within 5
 +5    A      hangs up
 +     vera   is idle             within 5
 +     bruno  has rung 1
counted: spoke 1
