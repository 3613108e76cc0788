# Nobody is on duty: who presses nothing is put through to the verified partner line
on duty: nobody
off duty: vera, bruno
partner: asso
 0.0   A      dials 0800288038
 +     A      hears "Aucun psychologue ne peut vous répondre"    within 5
 +     asso   answers             within 45
 +     A      talks with asso     within 5
 +30   A      hangs up
 +     vera   has rung 0
counted: diverted 1
