# Transfer to a colleague, who is in charge from then on: she loses the caller, others are rung
on duty: vera, bruno
 0.0   A      dials 0800288038
 +     vera   accepts             within 15
 +     A      talks with vera     within 15
 +5    vera   calls bruno
 +     bruno  answers             within 10
 +     bruno  hears "un ou une collègue vous demande"
 +     vera   talks with bruno    within 8
 +5    vera   brings together
 +     A      talks with bruno    within 15
 +     A      hears "Un ou une collègue psychologue est aussi en ligne."
 +5    vera   hands over
 +     vera   is idle             within 5
 +20   A      talks with bruno
 +     bruno  is cut off
 +     A      hears "La communication a été coupée"   within 5
 +     bruno  accepts             within 30
 +     A      talks with bruno    within 15
 +     A      hangs up
counted: spoke 1
