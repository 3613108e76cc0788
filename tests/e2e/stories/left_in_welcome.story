# Who hangs up in the welcome is counted so, and nobody goes on ringing
on duty: vera, bruno
 0.0   A      dials 0800288038
 +     vera   rings               within 5
 3.0   A      hangs up
 +     vera   is idle             within 3
 +     bruno  is idle             within 3
counted: left_in_welcome 1
