"""What a webhook costs beside the bare floor, turn by turn: processor time, median alone, p99 of 64 at a time.

Every request meets the same state: the working copy is put back before each (of those at a time: after every few).
The same is done between two requests to the floor, which has no use for it, so that both meet the same machine.
"""

from __future__ import annotations

import itertools
import re
import statistics
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from benchmarks.parts.posts import Connection, at_once
from benchmarks.parts.web_pair import WebPair
from helpline.cli.story_player import keys_asked_for
from helpline.domain import paths
from helpline.domain.offer import OfferState

CALLER, HERS = "CA" + "a" * 32, "CA" + "b" * 32
IN_PROGRESS = {"CallStatus": "in-progress"}
ROUNDS, OTHER_ROUNDS, OF_A_ROUND, WARM = 36, 24, 15, 30
"""Short turns, many of them: what else a machine does comes and goes within seconds."""
LOAD_ROUNDS, LOAD_S, LOAD_OF = 5, 4.0, 64
BACK_AFTER = 16
"""Answers of a load between two returns to its state."""


@dataclass(frozen=True)
class Webhook:
    """One webhook in one situation: what is asked, and how the state is put back."""

    name: str
    requests: tuple[bytes, ...]
    back: Callable[[], None]


@dataclass(frozen=True)
class Cost:
    """Per request, and as a multiple of the floor's in the same round (median of the rounds)."""

    name: str
    cpu_ms: float
    cpu_ratio: float
    p50_ms: float
    p50_ratio: float
    redis_cpu_ms: float


@dataclass(frozen=True)
class Load:
    """With 64 at a time: requests a second and p99 of both, and the median ratio of the p99s."""

    per_s: float
    floor_per_s: float
    p99_ms: float
    floor_p99_ms: float
    p99_ratio: float


def incoming(pair: WebPair) -> Webhook:
    """A call arrives and twelve psychologists are free: five are offered to in the same step."""
    legs = [f"CA{n:032x}" for n in range(ROUNDS * OF_A_ROUND + WARM)]
    return Webhook("incoming", tuple(pair.request(paths.INCOMING, leg) for leg in legs), pair.frozen())


def the_others(pair: WebPair) -> Iterator[Webhook]:
    """Every other webhook, in the course of one call."""

    def here(name: str, path: str, leg: str, **more: str) -> Webhook:
        return Webhook(name, (pair.request(path, leg, IN_PROGRESS | more),), pair.frozen())

    pair.ask(paths.INCOMING, CALLER)
    yield here("wait, the first", paths.WAIT, CALLER)
    pair.ask(paths.WAIT, CALLER, IN_PROGRESS)
    yield here("wait", paths.WAIT, CALLER, QueueTime="19")
    yield here("wait, a key", paths.WAIT, CALLER, QueueTime="19", Digits="1")
    yield here("keys", paths.KEYS, CALLER, Digits="1")
    yield here("ended", paths.ENDED, CALLER, CallStatus="completed")
    attempt = _ringing(pair)
    yield here("leg, ringing", paths.leg(attempt), HERS, CallStatus="ringing")
    yield here("leg, over", paths.leg(attempt), HERS, CallStatus="no-answer")
    yield here("offer", paths.offer(attempt), HERS)
    asked = pair.ask(paths.offer(attempt), HERS, IN_PROGRESS)
    code = next(filter(None, map(keys_asked_for, re.findall(r"<Say[^>]*>([^<]*)</Say>", asked))))
    yield here("claim", paths.claim(attempt), HERS, Digits=code)
    pair.ask(paths.claim(attempt), HERS, IN_PROGRESS | {"Digits": code})
    yield here("left", paths.LEFT, CALLER, QueueResult="leave", QueueTime="19")
    yield here("join", paths.join(attempt), CALLER)
    joins = {"StatusCallbackEvent": "participant-join", "ParticipantCallStatus": "in-progress"}
    pair.ask(paths.room(attempt), HERS, IN_PROGRESS | joins)
    yield here("room", paths.room(attempt), CALLER, **joins)
    pair.ask(paths.room(attempt), CALLER, IN_PROGRESS | joins)
    yield here("hold", paths.hold(attempt), CALLER)
    yield here("done", paths.done(attempt), CALLER, CallStatus="completed")


def _ringing(pair: WebPair) -> str:
    """An offer of the caller's as it is when her telephone rings: what an effects process would have done."""
    call = pair.sw.calls.by_leg(CALLER)
    assert call is not None
    attempt = pair.sw.offers.of_call(call.id)[0].attempt
    now_ms = pair.sw.clock.now_ms()
    pair.sw.offers.change(attempt, (OfferState.DUE,), OfferState.SENDING, now_ms=now_ms)
    pair.sw.offers.change(attempt, (OfferState.SENDING,), OfferState.RINGING, now_ms=now_ms, leg_id=HERS)
    return attempt


def cost(pair: WebPair, webhook: Webhook, rounds: int = ROUNDS) -> Cost:
    """One request at a time, floor and web in turns."""
    ours = itertools.cycle(webhook.requests)
    floors = itertools.cycle([pair.floor_request(f"CA{n:032x}") for n in range(OF_A_ROUND)])
    web, floor = Connection(pair.web), Connection(pair.floor)
    _one_by_one(web, list(itertools.islice(ours, WARM)), webhook.back)
    _one_by_one(floor, list(itertools.islice(floors, WARM)), webhook.back)
    cpu, floor_cpu, p50, floor_p50, in_redis = [], [], [], [], []
    for _ in range(rounds):
        before_ms, redis_ms = pair.cpu_ms("floor"), pair.redis_cpu_ms()
        took = _one_by_one(floor, list(itertools.islice(floors, OF_A_ROUND)), webhook.back)
        floor_cpu.append((pair.cpu_ms("floor") - before_ms) / OF_A_ROUND)
        # Without a request Redis does nothing but put the state back.
        to_put_back = pair.redis_cpu_ms() - redis_ms
        floor_p50.append(statistics.median(took))
        before_ms, redis_ms = pair.cpu_ms("web"), pair.redis_cpu_ms()
        took = _one_by_one(web, list(itertools.islice(ours, OF_A_ROUND)), webhook.back)
        cpu.append((pair.cpu_ms("web") - before_ms) / OF_A_ROUND)
        in_redis.append((pair.redis_cpu_ms() - redis_ms - to_put_back) / OF_A_ROUND)
        p50.append(statistics.median(took))
    web.close()
    floor.close()
    return Cost(
        webhook.name,
        statistics.median(cpu),
        ratio(cpu, floor_cpu),
        statistics.median(p50),
        ratio(p50, floor_p50),
        statistics.median(in_redis),
    )


def _one_by_one(connection: Connection, requests: Sequence[bytes], back: Callable[[], None]) -> list[float]:
    took = []
    for request in requests:
        back()
        took.append(connection.ask(request))
    return took


def load(pair: WebPair, webhook: Webhook) -> Load:
    """So many at a time, floor and web in turns. The state is put back after every few answers, of either."""
    count = itertools.count(1)

    def after_each() -> None:
        if next(count) % BACK_AFTER == 0:
            webhook.back()

    floors = itertools.cycle([pair.floor_request(f"CA{n:032x}") for n in range(200)])
    ours = itertools.cycle(webhook.requests)
    found: list[tuple[float, float, float, float]] = []
    for _ in range(LOAD_ROUNDS):
        floor = sorted(at_once(pair.floor, floors, LOAD_OF, LOAD_S, after_each))
        webhook.back()
        web = sorted(at_once(pair.web, ours, LOAD_OF, LOAD_S, after_each))
        found.append((len(web) / LOAD_S, len(floor) / LOAD_S, p99(web), p99(floor)))
    per_s, floor_per_s, web_p99, floor_p99 = (
        statistics.median(column) for column in zip(*found, strict=True)
    )
    return Load(per_s, floor_per_s, web_p99, floor_p99, statistics.median(one[2] / one[3] for one in found))


def ratio(ours: Sequence[float], floor: Sequence[float]) -> float:
    """The median of the rounds' ratios."""
    return statistics.median(one / other for one, other in zip(ours, floor, strict=True))


def p99(took: Sequence[float]) -> float:
    """Of sorted values."""
    return took[min(len(took) - 1, len(took) * 99 // 100)]
