# Everybody is in a talk: a caller waits, keeps their place whatever they press, and is answered before who came later
on duty: vera
off duty: bruno
 0.0   A      dials 0800288038
 +     vera   accepts             within 15
 +     A      talks with vera     within 15
 +     B      dials 0800288038
 +10   C      dials 0800288038
 +     B      hears "Nous ne vous oublions pas"    within 70
 +     B      presses 3
 +     B      hears "le 3114, gratuit, jour et nuit. Danger"    within 2
 +5    A      hangs up
 +     vera   is idle             within 8
 +     vera   accepts             within 200
 +     B      talks with vera     within 25
 +5    B      hangs up
 +5    C      hangs up
counted: spoke 2, left_in_line 1
