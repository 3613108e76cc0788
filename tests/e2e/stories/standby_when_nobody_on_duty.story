# Nobody is on duty but somebody is on standby: rung at once, and an alarm goes off all the same
on duty: nobody
off duty: vera
standby: bruno
 0.0   A      dials 0800288038
 +     bruno  rings               within 2
 +     bruno  sees alarm nobody_on_duty    within 1
 +     bruno  accepts             within 15
 +     A      talks with bruno    within 15
 +5    A      hangs up
 +     vera   has rung 0
counted: spoke 1
