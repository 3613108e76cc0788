"""A line whose processes die at one effect on the outside, wherever that is, and are started anew.

An effect is a command to Redis that changes something, a statement of SQL that does, a commit, an order to the
carrier. Reading is none: to die between two effects is to die before the second. `Deaths` counts them; with `at` the
process that comes to that one dies there, before or after it, and nothing of it runs any more: what it would have
done on its way out (`finally`) is not done either. Nothing happens outside between two effects of one step of a
process, so that dying before the second is dying after the first: `points` names either. A new one is put in its place at once; Redis may be lost with it.

The web dies inside a request: the carrier sees the connection break. The other web worker takes what comes next.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import redis
import requests
from sqlalchemy import Engine, event

from helpline.adapters.redis.scripts import NAMES, source
from helpline.bootstrap import assemble
from helpline.cli.stepped import Stepper, WsgiAdapter
from helpline.emulator import rest_app
from helpline.processes.effects import Effects
from helpline.processes.sweeps import Sweeps
from helpline.web.app import create_app
from tests.crash import Crash

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

READS = frozenset(
    "GET HGET HGETALL HMGET SMEMBERS EXISTS ZRANGE ZSCORE SCRIPT BLPOP TIME ZRANGEBYSCORE INFO".split()
)
READING_SCRIPTS = frozenset({"read_line", "call_of_leg", "in_line", "roll"})


@dataclass
class Deaths:
    """Counts effects while `inside` a process of ours; strikes once, at number `at`."""

    at: int | None = None
    after: bool = False
    lost: Callable[[], None] = lambda: None
    seen: int = 0
    names: list[str] = field(default_factory=list)
    firsts: set[int] = field(default_factory=set)
    """Effects that were the first of a request, or of one turn of a loop."""
    struck: str = ""
    inside: str = ""
    dead: bool = False

    @contextmanager
    def process(self, name: str) -> Iterator[None]:
        """What runs in here belongs to one process; its death ends here."""
        self.inside, self.dead = name, False
        self.firsts.add(self.seen + 1)
        try:
            yield
        finally:
            self.inside, self.dead = "", False

    def points(self) -> list[tuple[int, bool]]:
        """Every two deaths that differ: (number of the effect, after it?)."""
        every = ((at, after) for at in range(1, self.seen + 1) for after in (False, True))
        return [(at, after) for at, after in every if after or at in self.firsts]

    def effect(self, name: str, do: Callable[[], Any], is_one: Callable[[Any], bool] = lambda _: True) -> Any:
        """Do something outside. `is_one` looks at the answer: a script that found nothing to do is no effect."""
        if not self.inside:
            return do()
        if self.dead:
            raise Crash
        if self.seen + 1 == self.at and not self.after:
            self._die(name)
        done = do()
        if is_one(done):
            self.seen += 1
            self.names.append(f"{self.inside} {name}")
            if self.seen == self.at and self.after and not self.struck:
                self._die(name)
        return done

    def _die(self, name: str) -> None:
        if not self.struck:
            self.struck, self.dead = f"{self.inside} {name}", True
            self.lost()
            raise Crash


class MortalRedis(redis.Redis):
    """A client whose changes are effects."""

    deaths: Deaths
    scripts: dict[str, str]

    def execute_command(self, *args: Any, **options: Any) -> Any:
        name = str(args[0]).upper()
        if name in READS:
            return self._plain(*args, **options)
        if name == "EVALSHA":
            script = self.scripts.get(str(args[1]), "script")
            if script in READING_SCRIPTS:
                return self._plain(*args, **options)
            found: Callable[[Any], bool] = bool if script == "due" else (lambda _: True)
            return self.deaths.effect(script, lambda: self._plain(*args, **options), found)
        return self.deaths.effect(name, lambda: self._plain(*args, **options))

    def _plain(self, *args: Any, **options: Any) -> Any:
        return super().execute_command(*args, **options)


def mortal_redis(url: str, deaths: Deaths) -> MortalRedis:
    """As `connect`, with its changes counted."""
    client = MortalRedis.from_url(url, decode_responses=True, socket_timeout=2.0)
    client.deaths = deaths
    client.scripts = {client.register_script(source(name)).sha: name for name in NAMES}
    return client


class MortalOrders(WsgiAdapter):
    """REST: what orders is an effect, what asks is none."""

    def __init__(self, deaths: Deaths, stepper: Stepper) -> None:
        super().__init__(rest_app(stepper.carrier))
        self._deaths = deaths

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        if request.method == "GET":
            return super().send(request, *args, **kwargs)
        name = f"{request.method} {(request.path_url.rpartition('/')[2])[:2]}"
        return self._deaths.effect(
            f"rest {name}", lambda: super(MortalOrders, self).send(request, *args, **kwargs)
        )


@contextmanager
def mortal_sql(deaths: Deaths) -> Iterator[None]:
    """Every engine: a statement that changes something is an effect, and so is its commit."""

    def before(conn: Any, cursor: Any, statement: str, parameters: Any, context: Any, many: Any) -> None:
        if not statement.lstrip().lower().startswith(("select", "begin", "pragma")):
            deaths.effect(f"sql {statement.split(maxsplit=1)[0].lower()}", lambda: None)

    def commit(conn: Any) -> None:
        deaths.effect("sql commit", lambda: None)

    event.listen(Engine, "before_cursor_execute", before)
    event.listen(Engine, "commit", commit)
    try:
        yield
    finally:
        event.remove(Engine, "before_cursor_execute", before)
        event.remove(Engine, "commit", commit)


class Reborn:
    """A loop of ours (effects, clock, worker); dead, it is made anew and goes on."""

    def __init__(self, deaths: Deaths, name: str, make: Callable[[], Any]) -> None:
        self._deaths, self._name, self._make = deaths, name, make
        self._self = make()

    def _do(self, what: Callable[[Any], Any]) -> Any:
        try:
            with self._deaths.process(self._name):
                return what(self._self)
        except Crash:
            self._self = self._make()
            return 1

    def run_due(self, now_ms: int) -> int:
        return int(self._do(lambda loop: loop.run_due(now_ms)))

    def next_due(self) -> int | None:
        due: int | None = self._self.next_due()
        return due

    @property
    def sweep_job(self) -> Reborn:
        return Reborn(self._deaths, "worker", lambda: self._self.sweep_job)

    def run(self, now_ms: int) -> None:
        self._do(lambda job: job.run(now_ms))


def pressed(deaths: Deaths, button: Callable[[], bool]) -> None:
    """A button on her desk: its request is the web's. When it breaks she sees so, and looks again."""
    try:
        with deaths.process("web"):
            button()
    except Crash:
        return


def make_mortal(stepper: Stepper, deaths: Deaths, settings: Any) -> None:
    """Give every process of a stepped line its end at `deaths`."""
    outside = stepper.outside
    outside.session.mount("http://", MortalOrders(deaths, stepper))
    stepper.effects = Reborn(  # type: ignore[assignment]  # same two methods
        deaths, "effects", lambda: Effects(stepper.service.switchboard, stepper.service.carrier)
    )
    stepper.sweeps = Reborn(  # type: ignore[assignment]  # same methods
        deaths, "clock", lambda: Sweeps(stepper.service, "stepped")
    )
    web = [create_app(stepper.service)]

    def serve(environ: WSGIEnvironment, start_response: StartResponse) -> Any:
        try:
            with deaths.process("web"):
                return list(web[0](environ, start_response))
        except Crash:
            web[0] = create_app(assemble(settings, outside))
        raise ConnectionResetError("the worker is gone")

    stepper.apps[settings.public_origin] = serve


def as_json(deaths: Deaths) -> str:
    """What was struck, for a failure."""
    return json.dumps({"at": deaths.at, "after": deaths.after, "struck": deaths.struck})
