# A long wait: at a minute and then every 46 seconds a choice, neither a place in line nor an estimate; who does nothing stays
on duty: vera, bruno
rules: unanswered_s 600
 0.0   A      dials 0800288038
 +     vera   accepts             within 15
 +     A      talks with vera     within 15
 +     bruno  is idle             within 5
 +     B      dials 0800288038
 +     bruno  accepts             within 15
 +     B      talks with bruno    within 15
 +     C      dials 0800288038
 +     C      hears "Pour rester en ligne, ne faites rien"    within 62
 +50   C      hears "votre place est gardée"
 +60   A      hangs up
 +     vera   is idle             within 8
 +     vera   accepts             within 200
 +     C      talks with vera     within 25
 +5    C      hangs up
 +5    B      hangs up
counted: spoke 3
