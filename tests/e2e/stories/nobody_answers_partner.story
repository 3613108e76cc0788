# Nobody answers, standby neither: who presses nothing is put through to the partner line
on duty: vera
standby: bruno
partner: asso
 0.0   A      dials 0800288038
 +     bruno  rings               within 60
 +     A      hears "Personne n'a encore pu vous répondre"    within 145
 +     A      hears "Pour rester ici, appuyez sur 2"    within 20
 +     asso   answers             within 30
 +     A      talks with asso     within 5
 +     vera   is idle             within 5
 +     bruno  is idle             within 5
 +60   A      hangs up
counted: diverted 1
