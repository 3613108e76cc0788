"""The buttons of a psychologist's desk, pressed as her page would press them; and her breaks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from helpline.domain.errors import LiveStateDown
from helpline.services.call_third import bring_together, call_third, let_third_go, whom_to_call
from helpline.services.conclude_talk import conclude_talk
from helpline.services.hand_over import hand_over
from helpline.services.hold_caller import hold_caller, resume_caller
from helpline.services.switchboard import Switchboard

BUTTONS: Mapping[str, Callable[[Switchboard, str], bool]] = {
    "holds": hold_caller,
    "resumes": resume_caller,
    "brings together": bring_together,
    "lets go": let_third_go,
    "hands over": hand_over,
    "concludes": conclude_talk,
}


@dataclass
class Desk:
    """`ids`: handle to our id. `pressed` counts what was done, for the table."""

    sw: Switchboard
    ids: Mapping[str, str]
    pressed: dict[str, int] = field(default_factory=dict)

    def press(self, who: str, button: str, nth: int = 0) -> bool:
        """Whether it did something. nth: which of those who can be called, for `calls`."""
        try:
            done = self._call(who, nth) if button == "calls" else BUTTONS[button](self.sw, self.ids[who])
        except LiveStateDown:
            return False
        if done:
            self.pressed[button] = self.pressed.get(button, 0) + 1
        return done

    def _call(self, who: str, nth: int) -> bool:
        """Call somebody third: structures and colleagues by turns."""
        known = whom_to_call(self.sw, self.ids[who])
        groups = [[k for k in known if k.is_colleague is colleague] for colleague in (False, True)]
        wanted = groups[nth % 2] or list(known)
        return bool(wanted) and call_third(self.sw, self.ids[who], wanted[nth % len(wanted)].key)
