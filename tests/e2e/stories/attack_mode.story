# Attack mode, thrown by hand: a key is asked for first, nobody is rung before it, and who presses none is led on
on duty: vera, bruno
 0.0   A      dials 0800288038
 +     vera   accepts             within 15
 +     A      talks with vera     within 15
 +     vera   throws attack mode
 +     B      dials 0800288038
 +     B      hears "Pour nous parler, appuyez sur 1"    within 3
 +     B      hears "Nous n'avons pas entendu de touche"    within 40
 +     B      is over             within 60
 +     bruno  has rung 1
 +     C      dials 0800288038
 +6    C      presses 1
 +     bruno  accepts             within 10
 +     C      talks with bruno    within 15
 +5    C      hangs up
 +5    A      hangs up
counted: spoke 2, refused 1
