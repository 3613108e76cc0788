"""Duty and presence, as the desk and the rota change them. Kept on the server alone."""

from __future__ import annotations

from collections.abc import Mapping, Set
from datetime import UTC, datetime

from helpline.domain.people import Tier
from helpline.domain.presence import Event, Presence, State, Wish
from helpline.ports import Duty
from helpline.services.switchboard import Switchboard

_LONG_AGO_MS = 1
"""A shift that is none she has now: the rota may put her on duty again."""


def go_on_duty(sw: Switchboard, psychologist: str) -> State | None:
    """She may be rung from now on; None when she already is on duty or is unknown."""
    if sw.book.roster.psychologist(psychologist) is None:
        return None
    now_ms = sw.clock.now_ms()
    tier, shift_ms = planned(sw, psychologist, now_ms) or (Tier.ON_DUTY, 0)
    presence = sw.offers.presence(psychologist)
    # Signing off in mid-call and taking it back changes nothing of her shift; past its end she stays by hand.
    stays = presence is not None and presence.leaving and presence.shift_ms
    fields: dict[str, str | int | bool] = {"tier": tier.value, "shift_ms": shift_ms if stays else 0}
    return sw.offers.happen(psychologist, Event.ON_DUTY, now_ms, fields)


def go_off_duty(sw: Switchboard, psychologist: str) -> State | None:
    """Nobody rings her from now on. In mid-call it counts from the call's end."""
    return sw.offers.happen(psychologist, Event.OFF_DUTY, sw.clock.now_ms())


def begin_break(sw: Switchboard, psychologist: str) -> State | None:
    return sw.offers.happen(psychologist, Event.BREAK_BEGUN, sw.clock.now_ms())


def end_break(sw: Switchboard, psychologist: str) -> State | None:
    return sw.offers.happen(psychologist, Event.BREAK_OVER, sw.clock.now_ms())


def end_wrap_up(sw: Switchboard, psychologist: str) -> State | None:
    """She has finished coding before the time for it was over."""
    return sw.offers.happen(psychologist, Event.WRAP_UP_OVER, sw.clock.now_ms())


def lengthen_wrap_up(sw: Switchboard, psychologist: str, end_ms: int) -> bool:
    """Two minutes more for coding than `end_ms`, the end that her desk shows.

    False when she is not coding, or has had ten minutes more already.
    """
    return sw.offers.wish(psychologist, Wish.MORE_WRAP_UP, sw.clock.now_ms(), end_ms=end_ms)


def let_next_go_by(sw: Switchboard, psychologist: str) -> bool:
    """One call is not offered to her, without a reason given: `docs/decisions/next-call-goes-by.md`."""
    return sw.offers.wish(psychologist, Wish.LET_NEXT_GO_BY, sw.clock.now_ms())


def take_next(sw: Switchboard, psychologist: str) -> bool:
    """She takes that back."""
    return sw.offers.wish(psychologist, Wish.TAKE_NEXT, sw.clock.now_ms())


def ring_again(sw: Switchboard, psychologist: str) -> bool:
    """Her endpoints that were suspended ring again."""
    return sw.offers.wish(psychologist, Wish.RING_AGAIN, sw.clock.now_ms())


def apply_rota(sw: Switchboard, now_ms: int, besides: Set[str] = frozenset()) -> int:
    """Shifts that have begun or ended since last time. Returns how many presences changed.

    A shift is applied once: who signs off early stays off, until her next shift. The shift
    of those `besides` is put on next time: they are on a leg that the working copy has lost.
    """
    changed = 0
    present = sw.offers.presences()
    for person in sw.book.roster.psychologists:
        plan = planned(sw, person.id, now_ms)
        presence = present.get(person.id)
        if plan is not None and (person.id not in besides or presence is not None):
            changed += _begin_shift(sw, person.id, presence, plan, now_ms)
        elif presence is not None and _stays_past_shift(presence):
            changed += sw.offers.happen(person.id, Event.OFF_DUTY, now_ms) is not None
    return changed + _sign_off_unknown(sw, present, now_ms)


def _sign_off_unknown(sw: Switchboard, present: Mapping[str, Presence], now_ms: int) -> int:
    """Who was taken off the roster must not be found on duty if she comes back to it, unless she is planned then."""
    known = {person.id for person in sw.book.roster.psychologists}
    signed_off = 0
    for psychologist, presence in present.items():
        if (
            known
            and psychologist not in known
            and presence.state is not State.OFFLINE
            and not presence.leaving
        ):
            fields: dict[str, str | int | bool] = {"shift_ms": _LONG_AGO_MS}
            signed_off += sw.offers.happen(psychologist, Event.OFF_DUTY, now_ms, fields) is not None
    return signed_off


def _stays_past_shift(presence: Presence) -> bool:
    """Put on duty by a shift that is over, and still there. A call in progress is not touched."""
    return bool(presence.shift_ms) and presence.state is not State.OFFLINE and not presence.leaving


def _begin_shift(
    sw: Switchboard, psychologist: str, presence: Presence | None, plan: tuple[Tier, int], now_ms: int
) -> bool:
    tier, shift_ms = plan
    if presence is not None and presence.shift_ms == shift_ms:
        return False
    if presence is not None and presence.state is not State.OFFLINE:
        if presence.shift_ms:
            # One shift straight after another: she stays, in the tier of the new one.
            sw.offers.begin_shift(psychologist, Duty(tier, shift_ms), now_ms)
        return bool(presence.shift_ms)
    if presence is not None and presence.since_ms >= shift_ms and presence.shift_ms == 0:
        return False  # signed off by hand since this shift began
    fields: dict[str, str | int | bool] = {"tier": tier.value, "shift_ms": shift_ms}
    return sw.offers.happen(psychologist, Event.ON_DUTY, now_ms, fields) is not None


def duty_of(sw: Switchboard, psychologist: str, now_ms: int) -> Duty:
    """What the rota says of somebody found at work: her shift, or that she leaves after this."""
    plan = planned(sw, psychologist, now_ms)
    return Duty(*plan) if plan is not None else Duty(Tier.ON_DUTY, 0, leaving=True)


def planned(sw: Switchboard, psychologist: str, now_ms: int) -> tuple[Tier, int] | None:
    """Her tier now and when that shift began (ms); None when she is not planned."""
    now = datetime.fromtimestamp(now_ms / 1000, UTC)
    tier = sw.book.roster.planned(psychologist, now)
    if tier is None:
        return None
    began = [
        shift.interval.starts_at
        for shift in sw.book.roster.shifts
        if shift.psychologist_id == psychologist and shift.tier is tier and shift.interval.contains(now)
    ]
    return tier, int(min(began).timestamp() * 1000)
