"""Offers and presences of the working copy. Keys: docs/internals/live_state.md."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import cast

from helpline.adapters.redis.live_calls import order_of, pairs
from helpline.adapters.redis.records import call_from_hash, offer_from_hash, presence_from_hash
from helpline.adapters.redis.scripts import Json, Scripts, as_fields
from helpline.domain.call import LiveCall
from helpline.domain.offer import Claim, Offer, OfferState, Settlement
from helpline.domain.presence import MORE_WRAP_UP_MS, MOST_MORE_WRAP_UP_MS, Presence, State, Wish
from helpline.domain.presence import Event as PresenceEvent
from helpline.domain.waiting import SUSPEND_AFTER, Wanted
from helpline.ports import Duty


def _is_offer(h: Mapping[str, str]) -> bool:
    return bool(h.get("state") and h.get("call"))


class RedisOffers:
    """`ports.Offers` on Redis."""

    def __init__(self, scripts: Scripts) -> None:
        self._scripts = scripts

    def make(self, wanted: Wanted, live: int, attempts: Sequence[str], now_ms: int) -> tuple[str, ...]:
        args: dict[str, Json] = {
            "call": wanted.call,
            "order": order_of(wanted),
            "want": live + wanted.how_many,
            "ring_s": wanted.ring_s,
            "passing": list(wanted.passing),
            "wrap_up": wanted.wrap_up,
            "attempts": list(attempts),
        }
        reply = self._scripts.run("offer", now_ms, args)
        return tuple(str(a) for a in reply) if isinstance(reply, list) else ()

    def get(self, attempt: str) -> Offer | None:
        h = self._scripts.hash(f"offer:{attempt}")
        return offer_from_hash(attempt, h) if _is_offer(h) else None

    def by_leg(self, leg_id: str) -> Offer | None:
        text = self._scripts.text(f"sid:{leg_id}") or ""
        return self.get(text[2:]) if text.startswith("o:") else None

    def of_call(self, call_id: str) -> list[Offer]:
        attempts = self._scripts.members(f"offers:{call_id}")
        hashes = self._scripts.hashes([f"offer:{attempt}" for attempt in attempts])
        return [offer_from_hash(a, h) for a, h in zip(attempts, hashes, strict=True) if _is_offer(h)]

    def change(
        self,
        attempt: str,
        from_states: Sequence[OfferState],
        to: OfferState | None,
        *,
        now_ms: int,
        leg_id: str | None = None,
        fields: Mapping[str, str | int | bool] | None = None,
    ) -> OfferState | None:
        args: dict[str, Json] = {
            "attempt": attempt,
            "from": [state.value for state in from_states],
            "to": to.value if to else "",
            "set": as_fields(fields or {}),
            "leg_id": leg_id or "",
        }
        before = self._scripts.run("offer_state", now_ms, args)
        return OfferState(str(before)) if before else None

    def picked_up(self, attempt: str, leg_id: str, now_ms: int) -> tuple[Offer, LiveCall | None] | None:
        reply = self._scripts.run("picked_up", now_ms, {"attempt": attempt, "leg_id": leg_id})
        if not reply:
            return None
        offer, call = map(pairs, cast("tuple[list[str], list[str]]", reply))
        found = offer_from_hash(attempt, offer)
        return found, call_from_hash(found.call, call) if call.get("stage") else None

    def claim(self, attempt: str, welcome_ms: int, now_ms: int) -> Claim:
        reply = self._scripts.run("claim", now_ms, {"attempt": attempt, "welcome_ms": welcome_ms})
        return Claim(str(reply))

    def settle(
        self,
        attempt: str,
        how: Settlement,
        *,
        cool_ms: int,
        wrap_up_ms: int,
        everybody: Mapping[str, Sequence[str]],
        now_ms: int,
    ) -> bool:
        args: dict[str, Json] = {
            "attempt": attempt,
            "how": how.value,
            "wrap_up_ms": wrap_up_ms,
            "cool_ms": cool_ms,
            "everybody": {who: list(endpoints) for who, endpoints in everybody.items()},
            "suspend_after": SUSPEND_AFTER,
        }
        return self._scripts.run("settle", now_ms, args) == 1

    def call_third(self, call: LiveCall, offer: Offer, now_ms: int) -> bool:
        args: dict[str, Json] = {
            "call": call.id,
            "rev": call.rev,
            "attempt": offer.attempt,
            "psychologist": offer.psychologist,
            "endpoint": offer.endpoint,
            "ring_s": offer.ring_s,
        }
        return self._scripts.run("call_third", now_ms, args) == 1

    def third_picks_up(self, attempt: str, now_ms: int) -> bool:
        return self._scripts.run("third_picks_up", now_ms, {"attempt": attempt}) == 1

    def restore(self, offer: Offer, duty: Duty, now_ms: int) -> None:
        args: dict[str, Json] = {
            "attempt": offer.attempt,
            "call": offer.call,
            "psychologist": offer.psychologist,
            "endpoint": offer.endpoint,
            "leg_id": offer.leg_id or "",
            "tier": duty.tier.value,
            "shift_ms": duty.shift_ms,
            "leaving": duty.leaving,
            "third": offer.third,
            "talked": offer.talked,
        }
        self._scripts.run("restore", now_ms, args)

    def set_apart(
        self, who: Collection[str], everybody: Collection[str], epoch: str | None, now_ms: int
    ) -> None:
        args: dict[str, Json] = {"epoch": epoch or "", "everybody": list(everybody), "who": list(who)}
        self._scripts.run("apart", now_ms, args)

    def begin_shift(self, psychologist: str, duty: Duty, now_ms: int) -> None:
        args: dict[str, Json] = {
            "psychologist": psychologist,
            "tier": duty.tier.value,
            "shift_ms": duty.shift_ms,
        }
        self._scripts.run("shift", now_ms, args)

    def presence(self, psychologist: str) -> Presence | None:
        h = self._scripts.hash(f"psy:{psychologist}")
        return presence_from_hash(psychologist, h) if h else None

    def presences(self) -> dict[str, Presence]:
        people = self._scripts.members("psys")
        hashes = self._scripts.hashes([f"psy:{who}" for who in people])
        return {who: presence_from_hash(who, h) for who, h in zip(people, hashes, strict=True) if h}

    def happen(
        self,
        psychologist: str,
        event: PresenceEvent,
        now_ms: int,
        fields: Mapping[str, str | int | bool] | None = None,
    ) -> State | None:
        args: dict[str, Json] = {
            "psychologist": psychologist,
            "event": event.value,
            "set": as_fields(fields or {}),
        }
        reply = self._scripts.run("presence", now_ms, args)
        return State(str(reply)) if reply else None

    def browser_is_there(self, psychologist: str, until_ms: int, now_ms: int) -> None:
        fields = as_fields({"browser_until_ms": until_ms})
        self._scripts.run("presence", now_ms, {"psychologist": psychologist, "event": "", "set": fields})

    def recall_is_over(self, psychologist: str, now_ms: int) -> None:
        fields = as_fields({"recall_until_ms": 0})
        self._scripts.run("presence", now_ms, {"psychologist": psychologist, "event": "", "set": fields})

    def wish(self, psychologist: str, wish: Wish, now_ms: int, *, end_ms: int = 0) -> bool:
        args: dict[str, Json] = {
            "psychologist": psychologist,
            "what": wish.value,
            "end_ms": end_ms,
            "ms": MORE_WRAP_UP_MS,
            "most_ms": MOST_MORE_WRAP_UP_MS,
        }
        return self._scripts.run("wish", now_ms, args) == 1

    def may_leave_at(self, attempt: str, gap_ms: int, now_ms: int) -> int:
        args: dict[str, Json] = {"op": "leave", "attempt": attempt, "gap_ms": gap_ms}
        return int(str(self._scripts.run("token", now_ms, args)))

    def steps_aside(self, attempt: str, now_ms: int) -> None:
        self._scripts.run("token", now_ms, {"op": "aside", "attempt": attempt})
