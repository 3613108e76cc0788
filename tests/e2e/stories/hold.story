# On hold for a minute: words and music, and back
on duty: vera, bruno
 0.0   A      dials 0800288038
 +     vera   accepts             within 15
 +     A      talks with vera     within 15
 +5    vera   holds
 +     A      hears "Votre psychologue revient. Danger immédiat : faites le 15."   within 3
 +60   vera   resumes
 +     A      talks with vera     within 3
 +5    A      hangs up
 +     vera   is idle             within 15
 +     bruno  has rung 1
counted: spoke 1
