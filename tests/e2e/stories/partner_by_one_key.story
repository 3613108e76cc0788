# Where an administrator verified a partner line, it is one key away; our number is shown there
on duty: vera
off duty: bruno
partner: asso
 0.0   A      dials 0800288038
 +     vera   accepts             within 15
 +     A      talks with vera     within 15
 +     B      dials 0800288038
 +     B      hears "Pour parler à une ligne partenaire, appuyez sur 4"    within 75
 +     B      presses 4
 +     B      hears "Nous appelons une ligne partenaire"    within 3
 +     asso   answers             within 10
 +     B      talks with asso     within 5
 +60   B      hangs up
 +5    A      hangs up
counted: spoke 1, diverted 1
