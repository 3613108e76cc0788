# The third party refuses: she calls another one
on duty: vera
structures: lac, samu
 0.0   A      dials 0800288038
 +     vera   accepts             within 15
 +     A      talks with vera     within 15
 +5    vera   calls lac
 +     lac    declines            within 5
 +2    vera   calls samu
 +     samu   answers             within 5
 +     vera   talks with samu     within 5
 +     vera   lets go
 +     A      talks with vera     within 5
 +     A      hangs up
counted: spoke 1
