# The third party does not answer: the caller stays on hold until she takes them back
on duty: vera
structures: lac
 0.0   A      dials 0800288038
 +     vera   accepts             within 15
 +     A      talks with vera     within 15
 +5    vera   calls lac
 +     lac    rings               within 5
 +     lac    is idle             within 50
 +2    vera   resumes
 +     A      talks with vera     within 3
 +     A      hangs up
counted: spoke 1
