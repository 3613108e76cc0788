"""*Mettre en attente*, *Reprendre*: the caller hears that somebody will be back, and is fetched again.

What she wants is one flag; where the caller stands follows it (`place_caller.py`).
"""

from __future__ import annotations

from helpline.domain.call import LiveCall
from helpline.ports import Change
from helpline.services.change_call import change_call
from helpline.services.her_talk import her_talk, is_hers
from helpline.services.switchboard import Switchboard


def hold_caller(sw: Switchboard, psychologist: str) -> bool:
    """Put her caller on hold. False when she is in no talk, or has a third party in it. Raises LiveStateDown."""
    return _turn(sw, psychologist, held=True)


def resume_caller(sw: Switchboard, psychologist: str) -> bool:
    """Bring her caller back. False when she is in no talk, or a third party is called or in. Raises LiveStateDown."""
    return _turn(sw, psychologist, held=False)


def _turn(sw: Switchboard, psychologist: str, *, held: bool) -> bool:
    call = her_talk(sw, psychologist)
    if call is None or call.attempt is None:
        return False
    if call.held is held and not call.third:
        return True  # said twice: her page sends again what was not answered
    attempt, now_ms = call.attempt, sw.clock.now_ms()

    def decide(now: LiveCall) -> Change | None:
        if not is_hers(now, attempt) or now.held is held or now.third:
            return None
        return Change(set={"held": held}, drop=("third_gone",), effects=((f"place:{now.id}", now_ms),))

    return change_call(sw, call, decide) is not None
