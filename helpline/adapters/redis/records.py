"""Hashes of the live state to domain objects and back: one place for field names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import TypeAlias

from helpline.domain.call import LiveCall, Stage
from helpline.domain.offer import Offer, OfferState, Settlement
from helpline.domain.people import Tier
from helpline.domain.presence import Presence, State
from helpline.domain.ring_plan import plan_from_text
from helpline.domain.traffic import EndState
from helpline.domain.waiting import Waiting

Hash: TypeAlias = Mapping[str, str]


def _int(h: Hash, name: str) -> int | None:
    text = h.get(name)
    if not text:
        return None
    return int(text) if text.isdigit() else int(float(text))


_WRITTEN = tuple((f.name, f.default) for f in fields(LiveCall) if f.name not in ("id", "leg_id", "rev"))


def call_to_hash(call: LiveCall) -> dict[str, str]:
    """Every field that says more than its default; `line_key_ms` is written for Lua's sake."""
    out = {"line_key_ms": str(call.line_key_ms)}
    for name, default in _WRITTEN:
        value = getattr(call, name)
        if value in (default, ""):
            continue
        if value is True:
            out[name] = "1"
        elif isinstance(value, tuple):
            out[name] = ",".join(value)
        else:
            out[name] = str(value)
    return out


def call_from_hash(call_id: str, h: Hash) -> LiveCall:
    end = h.get("end_state")
    return LiveCall(
        id=call_id,
        leg_id=h.get("leg_id", ""),
        line=h.get("line", ""),
        stage=Stage(h["stage"]),
        arrived_ms=_int(h, "arrived_ms") or 0,
        rev=_int(h, "rev") or 0,
        confirmed=h.get("confirmed") == "1",
        bonus_s=_int(h, "bonus_s") or 0,
        rule=h.get("rule", ""),
        wait_flow=h.get("wait_flow", ""),
        nobody_flow=h.get("nobody_flow", ""),
        offer_flow=h.get("offer_flow", ""),
        plan=h.get("plan", ""),
        skills=tuple(filter(None, h.get("skills", "").split(","))),
        session=h.get("session", ""),
        keys=tuple(filter(None, h.get("keys", "").split(","))),
        plain=h.get("plain") == "1",
        first_wait_ms=_int(h, "first_wait_ms"),
        attempt=h.get("attempt"),
        psychologist=h.get("psychologist"),
        first_choice=h.get("first_choice"),
        claimed_ms=_int(h, "claimed_ms"),
        moved_ms=_int(h, "moved_ms"),
        moves=_int(h, "moves") or 0,
        caller_in=h.get("caller_in") == "1",
        psychologist_in=h.get("psychologist_in") == "1",
        held=h.get("held") == "1",
        third=h.get("third"),
        third_in=h.get("third_in") == "1",
        third_psychologist=h.get("third_psychologist"),
        third_out=h.get("third_out"),
        third_gone=h.get("third_gone"),
        room_of=h.get("room_of"),
        news_ms=_int(h, "news_ms"),
        spoke_ms=_int(h, "spoke_ms"),
        talked_ms=_int(h, "talked_ms") or 0,
        talking_since_ms=_int(h, "talking_since_ms"),
        led_on=h.get("led_on") == "1",
        rough=h.get("rough") == "1",
        refused=h.get("refused") == "1",
        stays=h.get("stays") == "1",
        told_unanswered=h.get("told_unanswered") == "1",
        to_partner=h.get("to_partner") == "1",
        partner_rung=h.get("partner_rung") == "1",
        end_state=EndState(end) if end else None,
        ended_ms=_int(h, "ended_ms"),
    )


def waiting_from_hash(call_id: str, h: Hash, live: int, now_ms: int) -> Waiting:
    """`live` offers ring for it; cool-downs and tries are its `cool:`/`tried:` fields."""
    passed = {k[7:] for k in h if k.startswith("passed:")}
    cooled = {k[5:] for k, v in h.items() if k.startswith("cool:") and float(v) > now_ms}
    tried = tuple((k[6:], int(v)) for k, v in sorted(h.items()) if k.startswith("tried:"))
    return Waiting(
        call=call_id,
        key_ms=_int(h, "line_key_ms") or 0,
        since_ms=_int(h, "arrived_ms") or 0,
        plan=plan_from_text(h.get("plan", "")),
        skills=tuple(filter(None, h.get("skills", "").split(","))),
        live_offers=live,
        cooled=frozenset(cooled),
        passed=frozenset(passed),
        tried=tried,
        first_choice=h.get("first_choice"),
    )


def offer_from_hash(attempt: str, h: Hash) -> Offer:
    how = h.get("settlement")
    return Offer(
        attempt=attempt,
        call=h["call"],
        psychologist=h["psychologist"],
        endpoint=h.get("endpoint", ""),
        state=OfferState(h["state"]),
        made_ms=_int(h, "made_ms") or 0,
        ring_s=_int(h, "ring_s") or 25,
        sent_ms=_int(h, "sent_ms"),
        leg_id=h.get("leg_id"),
        settlement=Settlement(how) if how else None,
        looked=_int(h, "looked") or 0,
        session=h.get("session", ""),
        answered=h.get("answered") == "1",
        declined=h.get("declined") == "1",
        talked=h.get("talked") == "1",
        third=h.get("third") == "1",
    )


def presence_from_hash(psychologist: str, h: Hash) -> Presence:
    return Presence(
        psychologist=psychologist,
        state=State(h.get("state", State.OFFLINE)),
        tier=Tier(h.get("tier", Tier.ON_DUTY)),
        since_ms=_int(h, "since_ms") or 0,
        idle_since_ms=_int(h, "idle_since_ms") or 0,
        attempt=h.get("attempt"),
        shift_ms=_int(h, "shift_ms") or 0,
        wrap_up_until_ms=_int(h, "wrap_up_until_ms"),
        missed_in_row=_int(h, "missed_in_row") or 0,
        leaving=h.get("leaving") == "1",
        browser_until_ms=_int(h, "browser_until_ms") or 0,
        suspended=frozenset([k[10:] for k in h if k.startswith("suspended:")]),
        lets_next_go_by=h.get("lets_next_go_by") == "1",
        wrap_up_more_ms=_int(h, "wrap_up_more_ms") or 0,
        recall_until_ms=_int(h, "recall_until_ms") or 0,
        apart=h.get("apart") == "1",
    )
