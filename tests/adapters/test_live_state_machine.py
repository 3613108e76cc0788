"""Random nights on the real scripts and services: callers, psychologists, lost news, dead processes, a reconciler.

The carrier is in memory and knows legs and rooms only. After every step the keys of Redis are read raw and held
against what docs/internals/live_state.md promises; at the end everybody goes home and nothing may be left.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

import hypothesis
import hypothesis.strategies as st
import pytest
import redis
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from helpline.adapters.memory import SeededChance, SteppedClock
from helpline.adapters.memory_carrier import MemoryCarrier
from helpline.adapters.redis.alarms import RedisAlarms
from helpline.adapters.redis.due import RedisDueList
from helpline.adapters.redis.fiches import RedisOpenFiches
from helpline.adapters.redis.live_calls import RedisLiveCalls
from helpline.adapters.redis.offers import RedisOffers
from helpline.adapters.redis.scripts import Scripts
from helpline.domain.call import LiveCall, Stage
from helpline.domain.offer import Claim, Offer, OfferState, Settlement
from helpline.domain.people import Endpoint, EndpointKind
from helpline.domain.presence import Wish
from helpline.domain.verbs import Conference
from helpline.domain.waiting import next_step_ms, plan_offers
from helpline.ports import CarrierLeg, LegStatus, RestOutcome
from helpline.processes.effects import Effects
from helpline.services import keep_duty
from helpline.services.call_third import bring_together, call_third, let_third_go
from helpline.services.claim_call import present_offer, try_claim
from helpline.services.conclude_talk import conclude_talk
from helpline.services.end_call import end_by_leg
from helpline.services.follow_leg import follow_leg
from helpline.services.follow_room import RoomNews, follow_room
from helpline.services.hand_over import hand_over
from helpline.services.hold_call import hold_call
from helpline.services.hold_caller import hold_caller, resume_caller
from helpline.services.join_room import on_hold
from helpline.services.leave_line import leave_line
from helpline.services.offer_call import candidates, offer_round
from helpline.services.reconcile import reconcile
from helpline.services.settle_offer import settle_offer
from helpline.services.switchboard import Switchboard, Times
from helpline.services.take_call import take_call
from tests import builders
from tests.adapters.live_state import WELCOME_MS
from tests.conftest import LONG
from tests.live import live

LINE = "entraide"
MOST_CALLERS = 5
BROWSER = Endpoint("e1b", EndpointKind.CLIENT, "client:vera")
PEOPLE = tuple(
    builders.psychologist(handle, nth) for nth, handle in enumerate(("vera", "bruno", "carla", "dora"), 1)
)
PEOPLE = (replace(PEOPLE[0], endpoints=(BROWSER, *PEOPLE[0].endpoints)), *PEOPLE[1:])
OWN_KEYS = {
    "epoch",
    "psys",
    "tokens",
    "alarms",
    "due:wake",
    "lease:reconcile",
    *(f"psy:{person.id}" for person in PEOPLE),
}
PLACES = {"+33199004001": "lac", "+33199006915": "samu"}
THIRDS = ("s:lac", "s:samu", *(f"p:{person.id}" for person in PEOPLE))
FINAL = [LegStatus.COMPLETED, LegStatus.NO_ANSWER, LegStatus.BUSY, LegStatus.FAILED, LegStatus.CANCELED]


@dataclass
class RoomyCarrier(MemoryCarrier):
    """A carrier with rooms; an order to ring may get lost on its way there, or its answer on its way back."""

    inside: dict[str, list[str]] = field(default_factory=dict)
    lose_order: bool = False
    lose_answer: bool = False
    numbers: Any = field(default_factory=lambda: itertools.count(1))

    def ring(self, address: str, attempt: str, ring_s: int) -> tuple[RestOutcome, str | None]:
        lost_order, lost_answer = self.lose_order, self.lose_answer
        self.lose_order = self.lose_answer = False
        if lost_order:
            return RestOutcome.UNKNOWN, None
        leg_id = f"CP{next(self.numbers)}"
        endpoint, place = self.endpoints.get(address), PLACES.get(address)
        leg = CarrierLeg(
            leg_id, False, LegStatus.RINGING, endpoint=endpoint, structure=place, started_ms=self.now_ms
        )
        self.add(leg)
        return (RestOutcome.UNKNOWN, None) if lost_answer else (RestOutcome.DONE, leg_id)

    def legs_to(self, address: str) -> list[CarrierLeg]:
        if address not in PLACES:
            return super().legs_to(address)
        return [leg for leg in reversed(self.legs.values()) if leg.structure == PLACES[address]]

    def move(self, leg_id: str, path: str) -> RestOutcome:
        done = super().move(leg_id, path)
        if done is RestOutcome.DONE:
            self.leave(leg_id)
        return done

    def end(self, leg_id: str) -> RestOutcome:
        self.leave(leg_id)
        return super().end(leg_id)

    def over(self, leg_id: str, status: LegStatus) -> None:
        self.leave(leg_id)
        self.queue.pop(leg_id, None)
        self.add(replace(self.legs[leg_id], status=status, ended_ms=self.now_ms))

    def leave(self, leg_id: str) -> None:
        for members in self.inside.values():
            with suppress(ValueError):
                members.remove(leg_id)

    def room(self, name: str) -> tuple[str, ...]:
        return tuple(self.inside.get(name, ()))

    def rooms(self) -> dict[str, tuple[str, ...]]:
        return {name: tuple(members) for name, members in self.inside.items() if members}


class Night(RuleBasedStateMachine):
    """One random night. `admin` reads everything; the product works as user `app`."""

    def __init__(self, app: redis.Redis, admin: redis.Redis) -> None:
        super().__init__()
        admin.flushdb()
        self.admin = admin
        self.carrier = RoomyCarrier(
            builders.NIGHT_MS, endpoints={e.address: e.id for person in PEOPLE for e in person.endpoints}
        )
        self.clock = SteppedClock(builders.NIGHT_MS)
        scripts = Scripts(app)
        self.sw = Switchboard(
            calls=RedisLiveCalls(scripts),
            offers=RedisOffers(scripts),
            due=RedisDueList(app, scripts),
            fiches=RedisOpenFiches(app),
            alarms=RedisAlarms(scripts),
            book=builders.book(builders.roster(*PEOPLE, standby=("dora",))),
            clock=self.clock,
            chance=SeededChance(0),
            times=Times(WELCOME_MS, 600_000, 1),
        )
        self.effects = Effects(self.sw, self.carrier)
        self.news: list[Callable[[], object]] = []
        self.callers = itertools.count(1)
        self.ever: set[str] = set()
        reconcile(self.sw, self.carrier)

    # ---- looking

    def live(self, *stages: Stage) -> list[LiveCall]:
        calls = sorted(live(self.sw.calls), key=lambda call: call.leg_id)
        return [call for call in calls if not stages or call.stage in stages]

    def on_line(self) -> list[str]:
        return [leg.leg_id for leg in self.carrier.live_legs() if leg.inbound]

    def rung(self, *states: OfferState) -> list[Offer]:
        """Live offers with a leg that is up at the carrier."""
        offers = [offer for call in self.ever for offer in self.sw.offers.of_call(call)]
        up = {leg.leg_id for leg in self.carrier.live_legs()}
        chosen = (o for o in offers if o.leg_id in up and o.state in (states or tuple(OfferState)))
        return sorted(chosen, key=lambda offer: str(offer.leg_id))

    def tell(self, news: Callable[[], object]) -> None:
        """News arrives, and may arrive again at any later time."""
        self.news.append(news)
        news()

    # ---- callers

    @precondition(lambda self: len(self.on_line()) < MOST_CALLERS)
    @rule(former=st.booleans())
    def somebody_dials(self, former: bool) -> None:
        leg = f"CA{next(self.callers)}"
        line = "ancien_0826" if former else LINE
        self.carrier.add(
            CarrierLeg(leg, True, LegStatus.IN_PROGRESS, line=line, started_ms=self.carrier.now_ms)
        )
        self.carrier.queue[leg] = self.carrier.now_ms
        self.tell(lambda: take_call(self.sw, leg, line))
        self.note_calls()

    @precondition(lambda self: self.on_line())
    @rule(data=st.data())
    def a_caller_asks_what_to_hear(self, data: st.DataObject) -> None:
        leg = data.draw(st.sampled_from(self.on_line()))
        self.carrier.queue.setdefault(leg, self.carrier.now_ms)
        self.carrier.leave(leg)
        self.tell(lambda: hold_call(self.sw, leg, LINE, 0))
        self.note_calls()

    @precondition(lambda self: self.on_line())
    @rule(data=st.data(), result=st.sampled_from(["leave", "error", "queue-full", "redirected"]))
    def a_caller_leaves_the_queue(self, data: st.DataObject, result: str) -> None:
        leg = data.draw(st.sampled_from(self.on_line()))
        self.tell(lambda: leave_line(self.sw, leg, LINE, result, over=False))
        self.note_calls()

    @precondition(lambda self: self.on_line())
    @rule(data=st.data(), told=st.booleans())
    def a_caller_hangs_up(self, data: st.DataObject, told: bool) -> None:
        leg = data.draw(st.sampled_from(self.on_line()))
        self.carrier.over(leg, LegStatus.COMPLETED)
        ended_ms = self.carrier.now_ms
        if told:
            self.tell(lambda: end_by_leg(self.sw, leg, ended_ms))

    # ---- psychologists

    @rule(who=st.sampled_from(PEOPLE), what=st.sampled_from(["on", "off", "break", "back", "coded"]))
    def a_psychologist_presses_a_button(self, who: Any, what: str) -> None:
        do = {
            "on": keep_duty.go_on_duty,
            "off": keep_duty.go_off_duty,
            "break": keep_duty.begin_break,
            "back": keep_duty.end_break,
            "coded": keep_duty.end_wrap_up,
        }
        do[what](self.sw, who.id)

    @rule(who=st.sampled_from(PEOPLE), what=st.sampled_from(Wish))
    def a_psychologist_asks_for_something(self, who: Any, what: Wish) -> None:
        before = self.hashes("psy").get(who.id, {}).get("state")
        end_ms = int(self.hashes("psy").get(who.id, {}).get("wrap_up_until_ms", 0))
        self.sw.offers.wish(who.id, what, self.clock.now, end_ms=end_ms)
        assert self.hashes("psy").get(who.id, {}).get("state") == before

    @rule(who=st.sampled_from(PEOPLE), there=st.booleans())
    def a_browser_is_opened_or_closed(self, who: Any, there: bool) -> None:
        """It warns, and decides which endpoint rings first; it moves nobody."""
        before = self.hashes("psy").get(who.id, {}).get("state", "offline")
        self.sw.offers.browser_is_there(who.id, self.clock.now + 30_000 * there, self.clock.now)
        assert self.hashes("psy")[who.id].get("state", "offline") == before

    @rule(who=st.sampled_from(PEOPLE))
    def a_psychologist_takes_a_break_of_one_breath_while_others_match(self, who: Any) -> None:
        keep_duty.begin_break(self.sw, who.id)
        keep_duty.end_break(self.sw, who.id)
        offer_round(self.sw, self.clock.now)

    @precondition(lambda self: self.rung())
    @rule(data=st.data(), status=st.sampled_from([LegStatus.RINGING, LegStatus.IN_PROGRESS]))
    def news_of_a_leg(self, data: st.DataObject, status: LegStatus) -> None:
        offer = data.draw(st.sampled_from(self.rung()))
        leg = str(offer.leg_id)
        if status is LegStatus.IN_PROGRESS:
            self.carrier.add(replace(self.carrier.legs[leg], status=status))
        self.tell(lambda: follow_leg(self.sw, offer.attempt, leg, status))

    @precondition(lambda self: self.rung(OfferState.RINGING))
    @rule(data=st.data())
    def psychologists_accept_at_once(self, data: st.DataObject) -> None:
        order = data.draw(st.permutations(self.rung(OfferState.RINGING)))
        won: dict[str, list[str]] = {}
        for offer in order:
            self.carrier.add(replace(self.carrier.legs[str(offer.leg_id)], status=LegStatus.IN_PROGRESS))
            self.news.append(lambda offer=offer: try_claim(self.sw, offer))
            if self.sw.offers.claim(offer.attempt, WELCOME_MS, self.clock.now) is Claim.WON:
                won.setdefault(offer.call, []).append(offer.attempt)
        assert all(len(attempts) == 1 for attempts in won.values())

    @precondition(lambda self: self.rung(OfferState.RINGING))
    @rule(data=st.data())
    def a_psychologist_declines_by_key(self, data: st.DataObject) -> None:
        offer = data.draw(st.sampled_from(self.rung(OfferState.RINGING)))
        self.carrier.over(str(offer.leg_id), LegStatus.COMPLETED)
        self.tell(lambda: settle_offer(self.sw, offer, Settlement.DECLINED, self.clock.now))

    @precondition(lambda self: self.rung())
    @rule(data=st.data(), status=st.sampled_from(FINAL), told=st.booleans())
    def a_psychologists_leg_ends(self, data: st.DataObject, status: LegStatus, told: bool) -> None:
        offer = data.draw(st.sampled_from(self.rung()))
        leg = str(offer.leg_id)
        self.carrier.over(leg, status)
        if told:
            self.tell(lambda: follow_leg(self.sw, offer.attempt, leg, status))

    @precondition(lambda self: self.live(Stage.TALKING))
    @rule(data=st.data())
    def a_psychologist_ends_the_talk_in_words(self, data: st.DataObject) -> None:
        call = data.draw(st.sampled_from(self.live(Stage.TALKING)))
        self.tell(lambda: conclude_talk(self.sw, str(call.psychologist)))

    @precondition(lambda self: self.live(Stage.WAITING))
    @rule(data=st.data(), talk=st.sampled_from([True, True, True, False]))
    def a_call_goes_as_most_calls_do(self, data: st.DataObject, talk: bool) -> None:
        """Rung, heard the welcome, accepted, and mostly joined: what chance alone seldom reaches."""
        self.goes_as_most_calls_do(data.draw(st.sampled_from(self.live(Stage.WAITING))), talk)

    def goes_as_most_calls_do(self, call: LiveCall, talk: bool) -> None:
        hold_call(self.sw, call.leg_id, LINE, 0)
        self.run_until(self.clock.now + 100)
        ringing = [offer for offer in self.rung(OfferState.RINGING) if offer.call == call.id]
        if not ringing or try_claim(self.sw, ringing[0]) is None:
            return
        self.run_until(self.clock.now + 100)
        claimed = self.sw.calls.get(call.id)
        if talk and claimed is not None and claimed.stage is Stage.CLAIMED:
            for leg in (str(ringing[0].leg_id), call.leg_id):
                if leg in {live.leg_id for live in self.carrier.live_legs()}:
                    self.join(ringing[0].attempt, leg, told=True)

    @precondition(lambda self: len(self.on_line()) < MOST_CALLERS)
    @rule()
    def a_talk_begins(self) -> None:
        """Somebody dials and whoever rings first takes it: half of a night is made of talks."""
        self.somebody_dials(former=False)
        call = self.live()[-1]
        if call.stage is Stage.WAITING:
            self.goes_as_most_calls_do(call, talk=True)

    # ---- rooms

    @precondition(lambda self: self.live(Stage.CLAIMED))
    @rule(data=st.data(), both=st.booleans(), caller_first=st.booleans(), told=st.booleans())
    def somebody_joins_a_room(self, data: st.DataObject, both: bool, caller_first: bool, told: bool) -> None:
        call = data.draw(st.sampled_from(self.live(Stage.CLAIMED)))
        offer = self.sw.offers.get(str(call.attempt))
        legs = [call.leg_id, str(offer.leg_id) if offer else ""]
        if not caller_first:
            legs.reverse()
        for leg in legs if both else legs[:1]:
            if leg in {live.leg_id for live in self.carrier.live_legs()}:
                self.join(str(call.attempt), leg, told)

    def join(self, attempt: str, leg: str, told: bool) -> None:
        self.carrier.leave(leg)
        self.carrier.queue.pop(leg, None)
        self.carrier.inside.setdefault(attempt, []).append(leg)
        if told:
            self.tell(lambda: follow_room(self.sw, RoomNews(attempt, leg, joined=True)))

    @precondition(lambda self: self.carrier.rooms())
    @rule(data=st.data(), hung_up=st.booleans(), told=st.booleans())
    def somebody_leaves_a_room(self, data: st.DataObject, hung_up: bool, told: bool) -> None:
        attempt = data.draw(st.sampled_from(sorted(self.carrier.rooms())))
        leg = data.draw(st.sampled_from(self.carrier.rooms()[attempt]))
        self.carrier.over(leg, LegStatus.COMPLETED if hung_up else LegStatus.FAILED)
        if told:
            news = RoomNews(attempt, leg, joined=False, hung_up=hung_up, leg_over=True)
            self.tell(lambda: follow_room(self.sw, news))

    # ---- hold, a third party, a talk of three, transfer

    @precondition(lambda self: self.live(Stage.TALKING))
    @rule(
        data=st.data(),
        button=st.sampled_from([hold_caller, resume_caller, bring_together, let_third_go, hand_over]),
    )
    def a_psychologist_presses_a_button_of_the_talk(self, data: st.DataObject, button: Any) -> None:
        call = data.draw(st.sampled_from(self.live(Stage.TALKING)))
        self.tell(lambda: button(self.sw, str(call.psychologist)))

    @precondition(lambda self: self.live(Stage.TALKING))
    @rule(data=st.data(), whom=st.sampled_from(THIRDS))
    def a_psychologist_calls_a_third_party(self, data: st.DataObject, whom: str) -> None:
        call = data.draw(st.sampled_from(self.live(Stage.TALKING)))
        call_third(self.sw, str(call.psychologist), whom)
        self.run_until(self.clock.now)

    @precondition(lambda self: self.thirds())
    @rule(data=st.data())
    def a_third_party_picks_up(self, data: st.DataObject) -> None:
        third = data.draw(st.sampled_from(self.thirds()))
        leg, call = str(third.leg_id), self.sw.calls.get(third.call)
        self.carrier.add(replace(self.carrier.legs[leg], status=LegStatus.IN_PROGRESS))
        self.news.append(lambda: present_offer(self.sw, third.attempt, leg))
        heard = present_offer(self.sw, third.attempt, leg)
        if call is not None and any(
            isinstance(verb, Conference) for verb in heard if not isinstance(heard, str)
        ):
            self.join(str(call.room), leg, told=True)

    @precondition(lambda self: self.out_of_the_room())
    @rule(data=st.data(), told=st.booleans())
    def a_caller_on_hold_asks_again(self, data: st.DataObject, told: bool) -> None:
        call = data.draw(st.sampled_from(self.out_of_the_room()))
        heard = on_hold(self.sw, call.leg_id, str(call.room))
        if any(isinstance(verb, Conference) for verb in heard):
            self.join(str(call.room), call.leg_id, told)

    @precondition(lambda self: self.live(Stage.TALKING))
    @rule(data=st.data(), whom=st.sampled_from(THIRDS), leave=st.booleans())
    def a_third_party_joins_as_most_do(self, data: st.DataObject, whom: str, leave: bool) -> None:
        """Called, picked up, together, and sometimes handed over: what chance alone seldom reaches."""
        call = data.draw(st.sampled_from(self.live(Stage.TALKING)))
        who = str(call.psychologist)
        if call.third is not None or not call_third(self.sw, who, whom):
            return
        self.run_until(self.clock.now + 1_100)
        for third in [third for third in self.thirds() if third.call == call.id]:
            self.carrier.add(replace(self.carrier.legs[str(third.leg_id)], status=LegStatus.IN_PROGRESS))
            present_offer(self.sw, third.attempt, str(third.leg_id))
            self.join(str(call.room), str(third.leg_id), told=True)
        if bring_together(self.sw, who):
            self.run_until(self.clock.now)
            self.join(str(call.room), call.leg_id, told=True)
        if leave:
            hand_over(self.sw, who)
            self.run_until(self.clock.now)

    @precondition(lambda self: self.thirds())
    @rule(data=st.data(), status=st.sampled_from(FINAL))
    def a_third_partys_leg_ends(self, data: st.DataObject, status: LegStatus) -> None:
        third = data.draw(st.sampled_from(self.thirds()))
        leg = str(third.leg_id)
        self.carrier.over(leg, status)
        self.tell(lambda: follow_leg(self.sw, third.attempt, leg, status))

    def thirds(self) -> list[Offer]:
        return [offer for offer in self.rung() if offer.third and offer.state.is_live]

    def out_of_the_room(self) -> list[LiveCall]:
        inside = {leg for members in self.carrier.rooms().values() for leg in members}
        on_line = self.on_line()
        return [c for c in self.live(Stage.TALKING) if c.leg_id in on_line and c.leg_id not in inside]

    @invariant()
    def who_is_to_be_brought_on_hold_or_back_is_being_brought(self) -> None:
        rows = self.rows()
        for call, h in self.hashes("call").items():
            if h["stage"] != "talking":
                continue
            held, inside = h.get("held") == "1", h.get("caller_in") == "1"
            coming = {f"place:{call}", f"joined:{call}", f"drop:{h.get('third_out')}"}
            if held == inside:
                assert rows.keys() & (coming if not held else {f"place:{call}"}), (call, h)
            third = self.hashes("offer").get(h.get("third", ""), {"state": "claimed", "third": "1"})
            assert third["state"] != "settled", (call, h)
            assert not held or not h.get("third_out"), (call, h)

    # ---- time, faults, and what mends them

    @precondition(lambda self: self.news)
    @rule(data=st.data())
    def old_news_comes_again(self, data: st.DataObject) -> None:
        nth = data.draw(st.integers(0, len(self.news) - 1))
        self.news[nth]()
        self.note_calls()

    @rule(answer=st.booleans())
    def the_next_order_to_ring_is_lost(self, answer: bool) -> None:
        self.carrier.lose_answer, self.carrier.lose_order = answer, not answer

    @rule()
    def a_process_dies_with_an_effect_in_hand(self) -> None:
        self.sw.due.take(1_000, self.clock.now)

    @rule(ms=st.sampled_from([0, 1, 300, 1_000, 2_500, 8_000, 25_000, 61_000, 130_000]))
    def time_passes(self, ms: int) -> None:
        self.run_until(self.clock.now + ms)

    @rule()
    def the_reconciler_runs(self) -> None:
        reconcile(self.sw, self.carrier)
        self.note_calls()

    def run_until(self, until: int) -> None:
        for _ in range(500):
            self.effects.run_due(self.clock.now)
            due_ms = self.effects.next_due()
            if due_ms is None or due_ms > until:
                break
            self.set_clock(max(due_ms, self.clock.now + 1))
        else:
            raise AssertionError(f"effects in circles: {self.rows()}")
        self.set_clock(until)

    def set_clock(self, now_ms: int) -> None:
        self.clock.now = self.carrier.now_ms = now_ms

    def note_calls(self) -> None:
        self.ever |= {call.id for call in live(self.sw.calls)}

    # ---- what always holds

    def rows(self) -> dict[str, int]:
        found = self.admin.zrange("due", 0, -1, withscores=True)
        return {str(member): int(score) for member, score in found}

    def names(self, kind: str) -> list[str]:
        """What stands after `kind:` in the keys there are."""
        return [key[len(kind) + 1 :] for key in sorted(self.admin.keys(f"{kind}:*"))]

    def hashes(self, kind: str) -> dict[str, dict[str, str]]:
        return {name: self.admin.hgetall(f"{kind}:{name}") for name in self.names(kind)}

    @invariant()
    def the_line_holds_who_waits_and_nobody_else(self) -> None:
        calls = self.hashes("call")
        waiting = {call for call, h in calls.items() if h["stage"] == "waiting"}

        need_of = {call: f"{calls[call].get('plan', '')}|{calls[call].get('skills', '')}" for call in waiting}
        needs = set(need_of.values())
        assert set(self.admin.smembers("needs")) == needs
        assert set(self.names("waiting")) == needs
        for need in needs:
            line = self.admin.zrange(f"waiting:{need}", 0, -1, withscores=True)
            ages = {c: float(calls[c]["line_key_ms"]) for c, of_it in need_of.items() if of_it == need}
            assert dict(line) == ages
        assert self.admin.smembers("calls") == set(calls)
        for call, h in calls.items():
            assert self.admin.get(f"sid:{h['leg_id']}") == f"c:{call}"

    @invariant()
    def one_psychologist_a_caller_and_one_caller_a_psychologist(self) -> None:
        calls, offers, people = self.hashes("call"), self.hashes("offer"), self.hashes("psy")
        live = {attempt: o for attempt, o in offers.items() if o["state"] != "settled"}
        for call, h in calls.items():
            if h["stage"] in ("claimed", "talking"):
                held = live.get(h["attempt"], {})
                assert (held.get("state"), held.get("call")) == ("claimed", call), (call, h)
        for who, p in people.items():
            hers = {attempt: o for attempt, o in live.items() if o["psychologist"] == who}
            assert len(hers) <= 1, (who, hers)
            busy = p["state"] in ("ringing", "talking")
            assert busy == ("attempt" in p), (who, p)
            if busy:
                claimed = hers[p["attempt"]]["state"] == "claimed"
                assert claimed == (p["state"] == "talking"), (who, p, hers)
            else:
                assert set(hers) <= {p.get("dropping")}, (who, p, hers)

    @invariant()
    def whatever_must_still_happen_stands_in_the_due_list(self) -> None:
        calls, offers, rows = self.hashes("call"), self.hashes("offer"), self.rows()
        for attempt, o in offers.items():
            if o["state"] in ("due", "sending", "unknown"):
                assert f"ring:{attempt}" in rows, (attempt, o)
            over = calls.get(o["call"], {}).get("stage", "ended") in ("ended", "led_on")
            if over and o["state"] != "settled":
                assert rows.keys() & {f"drop:{attempt}", f"tell:{attempt}"}, (attempt, o)
        for call, h in calls.items():
            if h["stage"] == "claimed" and h.get("caller_in") != "1":
                assert rows.keys() & {f"move:{call}", f"joined:{call}"}, (call, h)
        for who, p in self.hashes("psy").items():
            if p["state"] == "wrap_up":
                assert f"rest:{who}" in rows, p

    @invariant()
    def what_waits_for_its_turn_to_leave_is_not_sent_yet(self) -> None:
        offers = self.hashes("offer")
        for attempt in self.admin.zrange("legs", 0, -1):
            assert offers[str(attempt)]["state"] == "due"

    @invariant()
    def a_longer_wrap_up_and_a_call_to_let_go_by_have_their_bounds(self) -> None:
        for who, p in self.hashes("psy").items():
            assert int(p.get("wrap_up_more_ms", 0)) <= 600_000, (who, p)
            assert "wrap_up_more_ms" not in p or p["state"] in ("wrap_up", "ringing"), (who, p)
            assert "lets_next_go_by" not in p or p["state"] != "offline", (who, p)

    @invariant()
    def nobody_is_rung_for_the_call_that_goes_by_while_another_rings_for_it(self) -> None:
        offers = [o for o in self.hashes("offer").values() if o["state"] == "due"]
        for call, h in self.hashes("call").items():
            due = {o["psychologist"] for o in offers if o["call"] == call}
            aside = {who for who in due if f"passed:{who}" in h}
            assert not aside or not due - aside, (call, h)

    @invariant()
    def somebody_looks_again_when_a_ring_plan_widens_or_a_cool_down_ends(self) -> None:
        line = self.sw.calls.line(50, self.clock.now).waiting
        widening = [at for call in line if (at := next_step_ms(call, self.clock.now)) is not None]
        moment = min([*widening, *(self.clock.now + 60_000 for call in line if call.cooled)], default=None)
        row = self.rows().get("match")

        assert moment is None or (row is not None and row <= moment), (moment, row)

    @invariant()
    def what_is_held_or_put_again_is_in_the_due_list(self) -> None:
        rows = self.rows()

        held = self.admin.hgetall("due:held")

        assert set(held) <= set(rows)
        assert set(self.admin.hkeys("due:again")) <= set(held)

    @rule()
    def once_all_that_is_due_is_done_nobody_waits_beside_somebody_free(self) -> None:
        self.run_until(self.clock.now)
        self.run_until(
            self.clock.now + 2_000
        )  # lost orders and dead processes are found out within two seconds
        held_up = [p for p in self.hashes("psy").values() if "dropping" in p]
        view = self.sw.calls.line(50, self.clock.now, of_each_need=True)
        wanted = plan_offers(view.waiting, candidates(self.sw, view.presences), self.clock.now)
        live = {call.call: call.live_offers for call in view.waiting}

        assert held_up or not [w for w in wanted if live[w.call] == 0], (wanted, self.rows())

    def teardown(self) -> None:
        """Everybody goes home unseen; the reconciler and time do the rest, and nothing may be left."""
        for leg in self.on_line():
            self.carrier.over(leg, LegStatus.COMPLETED)
        for _ in range(4):
            reconcile(self.sw, self.carrier)
            self.note_calls()
            self.run_until(self.clock.now + 10_000)
        assert not self.live()
        self.run_until(self.clock.now + 700_000)  # two may talk on for ten minutes
        assert not [leg for leg in self.carrier.live_legs() if not leg.inbound], (
            "somebody's telephone still rings"
        )
        for person in PEOPLE:
            presence = self.sw.offers.presence(person.id)
            assert presence is None or presence.state.value in ("offline", "available", "break"), presence
            keep_duty.go_off_duty(self.sw, person.id)
        for call in sorted(self.admin.smembers("calls")):
            self.sw.calls.forget(call, self.clock.now)
        for fiche in self.admin.zrange("fiches", 0, -1):
            self.sw.fiches.drop(str(fiche), self.clock.now)
        self.run_until(self.clock.now + 2_000)

        assert set(self.admin.keys()) <= OWN_KEYS
        assert not [p for p in self.hashes("psy").values() if p.keys() & {"attempt", "dropping", "leaving"}]


@pytest.mark.timeout(600)
def test_no_random_night_breaks_a_promise_of_the_live_state_or_leaves_a_key(
    redis_app: redis.Redis, redis_admin: redis.Redis
) -> None:
    run_state_machine_as_test(
        lambda: Night(redis_app, redis_admin),
        settings=hypothesis.settings(
            max_examples=400 if LONG else 40,
            stateful_step_count=40,
            deadline=None,
            suppress_health_check=list(hypothesis.HealthCheck),
        ),
    )
