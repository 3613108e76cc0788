"""The wiring of what commands and starts need beside the service itself.

A page of `bootstrap.py`, apart from it because the service does not need it.
"""

from __future__ import annotations

import contextlib
import os
import socket
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

import redis
import requests
from redis.exceptions import RedisError
from twilio.base.exceptions import TwilioException

from helpline import logs, preflight
from helpline.adapters.carriers.twilio import chain, chain_check
from helpline.adapters.carriers.twilio.numbers import point_numbers
from helpline.adapters.carriers.twilio.twiml import FRAGMENT
from helpline.adapters.clock import SystemChance
from helpline.adapters.holdings import CarrierHoldings, FileHoldings, RedisHoldings, SqlHoldings
from helpline.adapters.redis.connection import connect, read_persistence
from helpline.adapters.redis.jobs import clear_after_the_dead, worker_name
from helpline.adapters.sql.engine import Database, make_engine
from helpline.bootstrap import NotSetUp, Service, service_of
from helpline.bootstrap_carrier import carrier_client, rest_session
from helpline.config import Settings, SettingsError, load_settings
from helpline.domain.errors import CarrierDown, LiveStateDown
from helpline.domain.routing.rules import Line
from helpline.services.show_stores import Reader
from helpline.services.switchboard import Book

WORKER_S = 90.0
"""Time limit of rq's client: it waits up to 75 s for a job before it looks at its housekeeping."""


A = TypeVar("A")

CANNOT_START = 4
"""gunicorn's status for "the application cannot be loaded": its master ends instead of trying for ever."""


def served(make: Callable[[Service], A]) -> A:
    """What gunicorn serves, made of this process's service, or the end of the process.

    Ends with one line a fault on standard error, never with the value of a setting.
    """
    logs.set_up()
    try:
        settings = load_settings(os.environ, Path.cwd())
        faults = preflight_of(settings)
        if not faults:
            return make(service_of(settings))
    except SettingsError as error:
        faults = list(error.faults)
    except NotSetUp as error:
        faults = [str(error)]
    sys.stderr.write("".join(f"{fault}\n" for fault in faults))
    sys.exit(CANNOT_START)


def preflight_of(settings: Settings) -> list[str]:
    """What forbids serving real callers here, one line a fault; empty in demo and tests.

    A Redis that does not answer is no fault: the line answers without it (design §6,
    the ladder), so it must be able to start without it.
    """
    if not settings.is_production:
        return []
    faults = preflight.check_host(preflight.read_host())
    try:
        with connect(settings.redis_clock_url, timeout_s=1.0) as client:
            faults += preflight.check_redis(read_persistence(client))
    except redis.AuthenticationError:
        faults.append("Redis: refuses the user or password of HELPLINE_REDIS_CLOCK_URL")
    except RedisError:
        return faults
    return faults


def point_our_numbers(settings: Settings, book: Book) -> int:
    """Give every number of the account our addresses, the fallback chain's included; how many were set.

    Raises CarrierDown when the carrier does not answer.
    """
    fallback = f"{settings.fallback_origin}/index.xml{FRAGMENT}" if settings.fallback_origin else None
    try:
        return point_numbers(carrier_client(settings, book, rest_session()), settings.public_origin, fallback)
    except (TwilioException, requests.RequestException) as error:
        kind = type(error).__name__
    raise CarrierDown(f"carrier: {kind}")


def screen_documents(origin: str, text: str, sorry: str) -> dict[str, str]:
    """The small files beside a static fallback chain served at `origin`, by name."""
    return {
        "screen.xml": chain.screen(origin, text),
        "accepted.xml": chain.accepted(),
        "sorry.xml": chain.sorry(sorry),
    }


def chain_findings(
    files: Mapping[str, str],
    address: str,
    people: Mapping[str, str],
    lines: Mapping[str, Line],
    ring_s: int,
    partner_e164: str | None,
) -> list[str]:
    """What is wrong with the texts of a static fallback chain, one line each, without a number.

    `people` is handle to number of those planned now; `lines` are ours.
    """
    ours = frozenset(line.shown_number_e164 for line in lines.values())
    expected = chain_check.Expected(address, people, ours, ring_s, partner_e164)
    return chain_check.findings(files, expected)


def worker_redis(settings: Settings) -> redis.Redis:
    """What an rq worker needs: bytes, and time to wait for a job."""
    return connect(settings.redis_url, timeout_s=WORKER_S, decode=False)


def clear_after_dead_workers(client: redis.Redis) -> None:
    """What workers of this host that were killed left of their jobs; Redis away: RQ finds them later."""
    with contextlib.suppress(LiveStateDown):
        clear_after_the_dead(client, socket.gethostname(), _is_alive)


def name_of_this_worker() -> str:
    """By which the next worker of this host finds out whether this one still lives."""
    return worker_name(socket.gethostname(), os.getpid(), SystemChance().new_id())


def _is_alive(pid: int) -> bool:
    return pid == os.getpid() or Path(f"/proc/{pid}").exists()


def readers_of(settings: Settings, *, without: tuple[str, ...] = ()) -> dict[str, Reader]:
    """A reader of each store by name, for showing and searching what is held; needs user `clock`.

    without: files of ours that are no store. Raises NotSetUp as `outside_of` does.
    """
    service = service_of(settings)
    live = RedisHoldings(connect(settings.redis_clock_url, timeout_s=2.0, decode=False))
    return {
        "Redis": live,
        "jobs": live.jobs,
        "SQL": SqlHoldings(Database(make_engine(settings.database_url))),
        "files": FileHoldings(settings.home_dir, without=without),
        "carrier": CarrierHoldings(service.carrier),
    }
