"""The talk a psychologist is in: what every button of the conversation begins with."""

from __future__ import annotations

from helpline.domain.call import LiveCall, Stage
from helpline.domain.presence import State
from helpline.services.switchboard import Switchboard


def her_talk(sw: Switchboard, psychologist: str) -> LiveCall | None:
    """The call `psychologist` is in charge of, while she and the caller talk. Raises LiveStateDown."""
    attempt, call = _held(sw, psychologist)
    return call if call is not None and is_hers(call, attempt) else None


def talk_left(sw: Switchboard, psychologist: str) -> LiveCall | None:
    """The call she has left by a button while her leg still stands: what a double click asks about."""
    attempt, call = _held(sw, psychologist)
    return call if call is not None and not is_hers(call, attempt) else None


def _held(sw: Switchboard, psychologist: str) -> tuple[str, LiveCall | None]:
    """Her attempt while she is talking, and the call it was for."""
    presence = sw.offers.presence(psychologist)
    if presence is None or presence.state is not State.TALKING or presence.attempt is None:
        return "", None
    offer = sw.offers.get(presence.attempt)
    return presence.attempt, sw.calls.get(offer.call) if offer else None


def is_hers(call: LiveCall, attempt: str) -> bool:
    """Is this still the talk that `attempt` holds?"""
    return call.stage is Stage.TALKING and call.attempt == attempt
