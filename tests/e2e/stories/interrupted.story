# Interrompu: the caller was cut off; she is free at once, and first in the order for whoever calls next
on duty: vera, bruno
 0.0   A      dials 0800288038
 +     vera   accepts             within 15
 +     A      talks with vera     within 15
 +30   A      is cut off
 +     vera   is idle             within 15
 +1    vera   awaits a recall
 +20   B      dials 0800288038
 +     vera   rings               within 2
 +     vera   accepts             within 15
 +     B      talks with vera     within 15
 +5    B      hangs up
 +     vera   has rung 2
counted: spoke 2
