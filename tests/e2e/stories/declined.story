# A declined call is answered by the other
on duty: vera, bruno
 0.0   A      dials 0800288038
 +     vera   declines            within 5
 +     bruno  accepts             within 10
 +     A      talks with bruno    within 15
 +5    A      hangs up
 +     vera   has rung 1
counted: spoke 1
