# Nobody is on duty, the partner line did not answer: a key rings it once more, another stays in line
on duty: nobody
off duty: vera, bruno
partner: asso
 0.0   A      dials 0800288038
 +     A      hears "Pour la ligne partenaire, sur 4"    within 120
 +     asso   has rung 1
 +     A      presses 4
 +     asso   rings               within 15
 +     asso   declines            within 5
 +     A      hears "Sinon restez en ligne, votre place est gardée"    within 10
 +35   A      presses 2
 +     A      hears "Dès qu'un psychologue sera là"    within 25
 +60   asso   has rung 2
 +     vera   goes on duty
 +     vera   accepts             within 10
 +     A      talks with vera     within 25
 +5    A      hangs up
counted: spoke 1
