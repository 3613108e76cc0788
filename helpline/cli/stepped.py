"""The whole service and the offline carrier in one process, on virtual time.

The stepper delivers what is due at t, runs the product's due work at t until nothing is
due, then jumps to the next instant that either knows. No sleep, no thread, no socket but
Redis's: the carrier reaches the web through WSGI, the product reaches the carrier's REST
API through WSGI too, with its real HTTP client and the real SDK in between.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import redis
import requests
from requests.adapters import BaseAdapter
from werkzeug.test import EnvironBuilder, run_wsgi_app

from helpline.bootstrap import Service, assemble, stepped_outside
from helpline.config import Settings
from helpline.emulator import (
    Carrier,
    CarrierSettings,
    Control,
    LostReply,
    WsgiTransport,
    rest_app,
)
from helpline.processes.effects import Effects
from helpline.processes.sweeps import SWEEP_JOB, Sweeps
from helpline.services.switchboard import Book
from helpline.web.app import create_app

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

MOST_ROUNDS = 1_000
"""Rounds of work at one instant before the stepper says that something runs in circles."""


class RunsInCircles(Exception):
    """Work at one instant kept making more work at the same instant."""


class WsgiAdapter(BaseAdapter):
    """Carries `requests` to a WSGI application in this process."""

    def __init__(self, app: WSGIApplication) -> None:
        super().__init__()
        self._app = app

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: object = None,
        verify: object = True,
        cert: object = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        path, _, query = request.path_url.partition("?")
        body = request.body.encode() if isinstance(request.body, str) else request.body
        builder = EnvironBuilder(
            path=path,
            query_string=query,
            method=request.method or "GET",
            headers=[(str(name), str(value)) for name, value in request.headers.items()],
            data=body if isinstance(body, bytes) else b"",
        )
        try:
            parts, status, headers = run_wsgi_app(self._app, builder.get_environ(), buffered=True)
        except LostReply:
            raise requests.ReadTimeout from None
        answer = requests.Response()
        answer.status_code = int(status.split()[0])
        answer.headers.update(dict(headers))
        answer._content = b"".join(parts)
        answer.url = request.url or ""
        answer.request = request
        return answer

    def close(self) -> None:
        """Nothing is open."""


@dataclass(frozen=True, kw_only=True)
class Scene:
    """What a stepped run begins with. `origins` are other web servers the carrier may reach."""

    settings: Settings
    carrier: CarrierSettings
    book: Book
    redis_app: redis.Redis
    redis_clock: redis.Redis
    start_ms: int
    seed: int = 0
    origins: Mapping[str, WSGIApplication] = field(default_factory=dict)


class Stepper:
    """One service and one carrier on one clock. `run` lets time pass."""

    def __init__(self, scene: Scene) -> None:
        outside = stepped_outside(scene.book, scene.redis_app, scene.redis_clock, scene.start_ms, scene.seed)
        self.clock, self.jobs, self.outside = outside.clock, outside.jobs, outside
        self.service: Service = assemble(scene.settings, outside)
        self.apps = {scene.settings.public_origin: create_app(self.service), **scene.origins}
        self.effects = Effects(self.service.switchboard, self.service.carrier)
        self.carrier = Carrier(scene.carrier, WsgiTransport(self.apps), start_ms=scene.start_ms)
        outside.session.mount("http://", WsgiAdapter(rest_app(self.carrier)))
        self.control = Control(self.carrier)
        self.sweeps = Sweeps(self.service, "stepped")
        self.paused: set[str] = set()
        """Parts that do not run: effects, clock, worker."""
        self._moved = True  # something may have put an effect on the due list since it was last looked at
        self._effect_ms: int | None = None
        self._requests = 0

    @property
    def now_ms(self) -> int:
        return self.clock.now

    def run(self, for_ms: int, until: Callable[[], bool] | None = None) -> bool:
        """Let `for_ms` pass, or less if `until` comes true. Answers whether it did."""
        end = self.clock.now + for_ms
        self._moved = True  # whoever called may have done anything
        while True:
            self._settle_now()
            if until is not None:
                if until():
                    return True
                self._moved = True
            next_ms = self._next()
            if next_ms is None or next_ms > end:
                self.clock.now = max(self.clock.now, end)
                self.carrier.run_due(self.clock.now)
                return False if until is None else until()
            self.clock.now = max(self.clock.now, next_ms)

    def _settle_now(self) -> None:
        """Everything due at this instant, on both sides, until both are quiet."""
        now_ms = self.clock.now
        for _ in range(MOST_ROUNDS):
            done = self.carrier.run_due(now_ms)
            if "effects" not in self.paused:
                done += self._carry_out(now_ms)
            ours = 0
            if "clock" not in self.paused:
                ours += self.sweeps.run_due(now_ms)
            if "worker" not in self.paused:
                ours += self._work(now_ms)
            self._moved = self._moved or ours > 0
            if not done + ours:
                return
        raise RunsInCircles(f"still work after {MOST_ROUNDS} rounds at {now_ms}")

    def _carry_out(self, now_ms: int) -> int:
        """Effects due now. They are looked for only when a webhook or another part has run since the last look: most
        events of the carrier are sounds, and each look is a way to Redis and back."""
        requests = self.carrier.world.counters.get("requests", 0)
        self._moved = self._moved or requests != self._requests
        self._requests = requests
        due_ms = self._next_effect()
        if due_ms is None or due_ms > now_ms:
            return 0
        self._moved = True
        return self.effects.run_due(now_ms)

    def _next_effect(self) -> int | None:
        if self._moved:
            self._effect_ms = self.effects.next_due()
            self._moved = False
        return self._effect_ms

    def _work(self, now_ms: int) -> int:
        done = len(self.jobs.waiting)
        for kind, _ in list(self.jobs.waiting):
            if kind == SWEEP_JOB:
                self.sweeps.sweep_job.run(now_ms)
        self.jobs.waiting.clear()
        return done

    def _next(self) -> int | None:
        moments = [self.carrier.next_due()]
        if "effects" not in self.paused:
            moments.append(self._next_effect())
        if "clock" not in self.paused:
            moments.append(self.sweeps.next_due())
        return min((at for at in moments if at is not None), default=None)
