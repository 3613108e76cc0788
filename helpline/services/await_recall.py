"""*Interrompu*: her caller was cut off and may dial again; for a while she is rung first for whoever calls.

Nothing is compared, and nothing of the caller is kept: a new call is a new call. She asks by
voice. The mark is hers, not the call's, and lies on her presence.
"""

from __future__ import annotations

from helpline.domain.presence import Event
from helpline.services.switchboard import Switchboard

RECALL_MS = 15 * 60_000


def await_recall(sw: Switchboard, psychologist: str) -> bool:
    """First in the order for a quarter of an hour, and free at once. Raises LiveStateDown.

    Only right after a talk, in the time for coding: False else. The fiche stays open.
    """
    now_ms = sw.clock.now_ms()
    until: dict[str, str | int | bool] = {"recall_until_ms": now_ms + RECALL_MS}
    return sw.offers.happen(psychologist, Event.WRAP_UP_OVER, now_ms, until) is not None


def await_no_recall(sw: Switchboard, psychologist: str) -> bool:
    """She has met them again, or does not wait any more. False when she did not."""
    now_ms = sw.clock.now_ms()
    presence = sw.offers.presence(psychologist)
    if presence is None or presence.recall_until_ms <= now_ms:
        return False
    sw.offers.recall_is_over(psychologist, now_ms)
    return True
