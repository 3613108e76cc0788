"""The wiring: with the other `bootstrap_*.py` the only files that name adapters.

`assemble` puts a service together from what is outside of it; the processes get their
outside from the settings (`outside_of`), the stepped mode and tests bring their own.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import redis
import requests

from helpline.adapters.book import SnapshotBook, load
from helpline.adapters.clock import SystemChance, SystemClock, monotonic_ms
from helpline.adapters.memory import JobList, SeededChance, SteppedClock
from helpline.adapters.passwords import Argon2Passwords
from helpline.adapters.redis.alarms import RedisAlarms
from helpline.adapters.redis.breaker import Breaker
from helpline.adapters.redis.connection import connect
from helpline.adapters.redis.due import RedisDueList
from helpline.adapters.redis.fiches import RedisBatchKeys, RedisOpenFiches
from helpline.adapters.redis.finished import RedisFinishedCalls
from helpline.adapters.redis.jobs import RqJobs
from helpline.adapters.redis.live_calls import RedisLiveCalls
from helpline.adapters.redis.news import RedisNews
from helpline.adapters.redis.offers import RedisOffers
from helpline.adapters.redis.scripts import Scripts
from helpline.adapters.redis.sweep_times import RedisSweepTimes
from helpline.adapters.redis.throttle import RedisThrottle
from helpline.adapters.sealing import BatchSealer
from helpline.adapters.snapshots import FileSnapshots
from helpline.adapters.sql.accounts import SqlAccounts, SqlSessions
from helpline.adapters.sql.engine import Database, make_engine
from helpline.adapters.sql.fiches import SqlSealedFiches
from helpline.adapters.sql.ledger import SqlLedger
from helpline.bootstrap_carrier import carrier_of, edge_of, renderer_of, rest_session
from helpline.config import Settings
from helpline.domain.errors import HelplineError
from helpline.ports import Carrier, Chance, Clock, Jobs, News, Renderer, SweepTimes
from helpline.services.count_calls import CountCalls
from helpline.services.end_call import end_call
from helpline.services.open_batch import open_batch
from helpline.services.seal_fiche import SealFiches
from helpline.services.sign_in import SignIn
from helpline.services.sweep_finished_calls import SweepFinishedCalls
from helpline.services.switchboard import Book, Switchboard, Times

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

BLOCKING_S = 2.0
"""Time limit of the client that waits on a list; longer than any wait (`effects.LONGEST_WAIT_S`)."""


class NotSetUp(HelplineError):
    """A process was started before what it needs was there; the text is one line naming the part."""


@dataclass(frozen=True)
class Outside:
    """What a service stands on. `session` carries REST; `blocking` waits on Redis lists.

    `breaker` spares a process that answers callers from waiting for a hung Redis.
    """

    app_redis: redis.Redis
    clock_redis: redis.Redis
    blocking: redis.Redis
    session: requests.Session
    book: Book
    clock: Clock
    chance: Chance
    jobs: Jobs
    breaker: Breaker | None = None


@dataclass(frozen=True)
class SteppedOutside(Outside):
    """The outside of a stepped run: a clock that is set, jobs that are drained."""

    clock: SteppedClock
    jobs: JobList


def stepped_outside(
    book: Book, app_redis: redis.Redis, clock_redis: redis.Redis, start_ms: int, seed: int
) -> SteppedOutside:
    """One process, virtual time: the session has no adapter yet, the stepper mounts the carrier."""
    return SteppedOutside(
        app_redis=app_redis,
        clock_redis=clock_redis,
        blocking=app_redis,
        session=requests.Session(),
        book=book,
        clock=SteppedClock(start_ms),
        chance=SeededChance(seed),
        jobs=JobList(),
    )


@dataclass(frozen=True)
class Service:
    """A whole service, put together. Making one connects to nothing."""

    settings: Settings
    switchboard: Switchboard
    carrier: Carrier
    renderer: Renderer
    edge: Callable[[WSGIApplication], WSGIApplication]
    """Wraps the web application: verify and strip before any other code runs."""
    jobs: Jobs
    sweeper: SweepFinishedCalls
    sweep_times: SweepTimes
    sealer: SealFiches
    ensure_batch: Callable[[int], None]
    """Have a batch open; needs the clock's Redis user."""
    sign_in: SignIn
    """Who may open the pages; the call path knows nothing of it."""
    news: News
    """What open pages listen to; one listener a process."""
    close: Callable[[], None]
    """Give back the database connections of this process."""


def service_of(settings: Settings, *, clock: bool = False) -> Service:
    """The service of one process. Raises NotSetUp without a snapshot; connects to nothing."""
    return assemble(settings, outside_of(settings, clock=clock))


def outside_of(settings: Settings, *, clock: bool = False) -> Outside:
    """The real outside: Redis, the carrier, the snapshot on disk.

    Only with `clock` does the process get the Redis user that may read private halves;
    all others hold user `app` in its place, and the server refuses them those keys.
    Raises NotSetUp when no usable snapshot is there. Connects to nothing.
    """
    app = connect(settings.redis_url)
    snapshots = FileSnapshots(settings.home_dir / "snapshot")
    first = snapshots.current()
    if first is None:
        raise NotSetUp(
            "snapshot: none that can be used; run `helpline db upgrade`, then `helpline data seed`"
        )
    return Outside(
        app_redis=app,
        clock_redis=connect(settings.redis_clock_url) if clock else app,
        blocking=connect(settings.redis_url, timeout_s=BLOCKING_S),
        session=rest_session(),
        book=SnapshotBook(snapshots, load(first)),
        clock=SystemClock(app),
        chance=SystemChance(),
        jobs=RqJobs(connect(settings.redis_url, decode=False)),
        breaker=Breaker(monotonic_ms),
    )


def assemble(settings: Settings, outside: Outside) -> Service:
    switchboard = _switchboard(settings, outside)
    carrier = carrier_of(settings, outside.book, outside.session)
    database = Database(make_engine(settings.database_url))
    fiches = SqlSealedFiches(database)

    def ensure_batch(now_ms: int) -> None:
        open_batch(RedisBatchKeys(outside.clock_redis), fiches, BatchSealer(), outside.chance, now_ms)

    return Service(
        settings=settings,
        switchboard=switchboard,
        carrier=carrier,
        renderer=renderer_of(settings, outside.book),
        edge=functools.partial(edge_of, settings, outside.book, outside.clock),
        jobs=outside.jobs,
        sweeper=_sweeper(settings, outside, switchboard, carrier, database),
        sweep_times=RedisSweepTimes(outside.app_redis),
        sealer=SealFiches(switchboard.fiches, RedisBatchKeys(outside.app_redis), fiches, BatchSealer()),
        ensure_batch=ensure_batch,
        close=database.close,
        sign_in=_sign_in(settings, outside, database),
        news=RedisNews(outside.blocking),
    )


def _sign_in(settings: Settings, outside: Outside, database: Database) -> SignIn:
    return SignIn(
        accounts=SqlAccounts(database),
        sessions=SqlSessions(database),
        passwords=Argon2Passwords(),
        throttle=RedisThrottle(outside.app_redis, settings.secret_keys[0]),
        clock=outside.clock,
        chance=outside.chance,
        news=RedisNews(outside.app_redis),
    )


def _sweeper(
    settings: Settings, outside: Outside, switchboard: Switchboard, carrier: Carrier, database: Database
) -> SweepFinishedCalls:
    finished = RedisFinishedCalls(outside.app_redis, Scripts(outside.app_redis))
    ledger = SqlLedger(database)
    return SweepFinishedCalls(
        finished=finished,
        ledger=ledger,
        carrier=carrier,
        counting=CountCalls(finished, ledger, outside.chance),
        end_call=functools.partial(_end_by_id, switchboard),
        erase_after_ms=1000 * settings.erase_after_s,
        every_ms=1000 * settings.sweep_every_s,
    )


def _switchboard(settings: Settings, outside: Outside) -> Switchboard:
    scripts = Scripts(outside.app_redis, outside.breaker)
    return Switchboard(
        calls=RedisLiveCalls(scripts),
        offers=RedisOffers(scripts),
        due=RedisDueList(outside.app_redis, scripts, outside.blocking),
        fiches=RedisOpenFiches(outside.app_redis),
        alarms=RedisAlarms(scripts),
        book=outside.book,
        clock=outside.clock,
        chance=outside.chance,
        times=Times(
            welcome_ms=1000 * settings.welcome_s,
            seal_after_ms=1000 * settings.seal_after_s,
            leg_gap_ms=round(1000 / settings.legs_per_s),
        ),
    )


def _end_by_id(switchboard: Switchboard, call_id: str, now_ms: int) -> None:
    call = switchboard.calls.get(call_id)
    if call is not None:
        end_call(switchboard, call, now_ms)
