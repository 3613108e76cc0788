# The third party hangs up while the two of them talk: the caller is still on hold
on duty: vera
structures: lac
 0.0   A      dials 0800288038
 +     vera   accepts             within 15
 +     A      talks with vera     within 15
 +5    vera   calls lac
 +     lac    answers             within 10
 +     vera   talks with lac      within 5
 +5    lac    hangs up
 +2    vera   resumes
 +     A      talks with vera     within 3
 +     A      hangs up
counted: spoke 1
