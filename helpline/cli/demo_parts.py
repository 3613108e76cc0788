"""The parts of a demo, under one supervisor: Redis, carrier, fallback chain, web, dashboard, effects, worker, clock.

`with DemoParts(environ, cwd) as demo:` sets everything up and waits until a caller would be served; leaving
the block ends every process and frees every port, whatever ended it.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import requests

from helpline.bootstrap import Service, service_of
from helpline.bootstrap_data import data_of
from helpline.bootstrap_tools import point_our_numbers
from helpline.cli import demo_accounts, demo_data, demo_env
from helpline.cli.control_client import ControlClient
from helpline.cli.fallback import write_chain
from helpline.cli.outcome import Refused
from helpline.cli.servers.redis import RedisPlan, people_served, plan_redis, why_not
from helpline.cli.supervise import Child, Supervisor, check_port
from helpline.config import Settings, load_settings
from helpline.domain.errors import CarrierDown, DatabaseDown
from helpline.ports import PublishedStore
from helpline.services.publish_snapshot import publish_snapshot

ROOT: Final = Path(__file__).parents[2]
READY_S: Final = 20.0
WEB: Final = (
    *("--worker-class", "helpline.web.worker.PatientWorker", "--workers", "2", "--threads", "8"),
    *("--timeout", "10", "--graceful-timeout", "3", "--keep-alive", "5", "--no-control-socket"),
    "--preload",  # loaded before it listens: a web that starts anew refuses, and the carrier turns to the fallback
)
"""As in the Procfile; no access log, which would hold nothing anybody may read."""


PAGES: Final = (
    *("--worker-class", "gthread", "--workers", "1", "--threads", "64"),
    *("--timeout", "30", "--graceful-timeout", "3", "--keep-alive", "5", "--no-control-socket"),
)
"""There is no proxy in front: the pages serve their own event streams, so one process and many threads."""


class DemoParts:
    """One running demo. The attributes below are there once the block is entered."""

    settings: Settings
    accounts: list[demo_accounts.DemoAccount]
    service: Service
    control: ControlClient

    def __init__(self, environ: Mapping[str, str], cwd: Path) -> None:
        """environ: may name a port base, a var folder, and servers to use in place of the embedded ones."""
        self._environ = environ
        self.home = (cwd / (environ.get("HELPLINE_VAR_DIR") or "var") / "demo").absolute()
        self.parts = Supervisor()
        self._plan: RedisPlan | None = None

    def __enter__(self) -> Self:
        try:
            self._set_up()
            self._start()
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def log_of(self, part: str) -> Path:
        """Where a part's output goes."""
        return self.home / "log" / f"{part}.log"

    def _end(self) -> None:
        self.parts.stop()
        if self._plan is not None:
            self._plan.remove()

    def _set_up(self) -> None:
        """Folders, Redis, settings, database, snapshot, chain. Raises Refused, PortTaken, ServerMissing, NotReady."""
        self.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        base = _port_base(self._environ)
        for part, offset in (("web", 0), ("dashboard", 1), ("carrier", 2), ("fallback", 4)):
            check_port(part, base + offset)
        values = self._values(base)
        env_file = demo_env.write_env(self.home, values)
        self._child_environ = demo_env.environ_of(env_file, self._environ)
        self.settings = load_settings(self._child_environ, self.home)
        self.accounts = demo_accounts.read_or_write(self.home, demo_data.PSYCHOLOGISTS)
        self._database()
        self.service = service_of(self.settings)
        write_chain(self.service, self.home / "fallback")

    def _values(self, base: int) -> dict[str, str]:
        """All settings by name; starts Redis, whose address is one of them."""
        return demo_env.demo_values(self._environ, self.home, base, self._redis())

    def _redis(self) -> tuple[str, str]:
        """URLs of both users: of the server that the environment names, else of one of ours, started here."""
        names = ("HELPLINE_REDIS_URL", "HELPLINE_REDIS_CLOCK_URL")
        given = {name: self._environ[name] for name in names if self._environ.get(name)}
        for name, url in given.items():
            problem = why_not(url)
            if problem:
                raise Refused(f"Redis ({name}): {problem}")
        if len(given) == 1:
            raise Refused("Redis: HELPLINE_REDIS_URL and HELPLINE_REDIS_CLOCK_URL must be set together")
        if given:
            _refuse_others_in(given[names[0]])
            return given[names[0]], given[names[1]]
        self._plan = plan_redis()
        self.parts.start(
            Child(
                name="redis",
                command=self._plan.command,
                cwd=self._plan.directory,
                log=self.log_of("redis"),
                ready=self._plan.ready,
            )
        )
        return self._plan.url_app, self._plan.url_clock

    def _database(self) -> None:
        data = data_of(self.settings)
        rules, flows = demo_data.read_documents(ROOT)
        try:
            data.migrations.upgrade()
            self._refuse_others(data.published)
            demo_data.seed_demo(data.seeds, rules, flows, datetime.now(UTC))
            demo_accounts.seed(data, self.accounts, demo_data.PSYCHOLOGISTS)
            publish_snapshot(data.published, data.snapshots)
        except DatabaseDown as error:
            reason = "refuses" if error.permanent else "does not answer"
            raise Refused(f"SQL (HELPLINE_DATABASE_URL): {reason}") from None

    def _refuse_others(self, published: PublishedStore) -> None:
        """A database named by the environment could be a real one: nobody of fiction is put on its rota."""
        people = {person.id for person in published.snapshot().roster.psychologists}
        ours = {person.id for person in demo_data.PSYCHOLOGISTS}
        if self._environ.get("HELPLINE_DATABASE_URL") and people and not people & ours:
            raise Refused(
                "SQL (HELPLINE_DATABASE_URL): holds other people than the demo's; name another database"
            )

    def _start(self) -> None:
        """All at once: each spends its first second importing."""
        children = self._children()
        with ThreadPoolExecutor(len(children)) as pool:
            try:
                list(pool.map(self.parts.start, children))
            except BaseException:
                self.parts.stop()  # or the pool would wait for those that are not ready yet
                raise
        self.control = ControlClient(f"http://127.0.0.1:{self.settings.emulator_port}")
        try:
            point_our_numbers(self.settings, self.service.switchboard.book)
        except CarrierDown:
            raise Refused(f"carrier: refuses our addresses; see {self.log_of('carrier')}") from None
        self._wait_until_served()

    def _children(self) -> list[Child]:
        settings = self.settings
        control = ControlClient(f"http://127.0.0.1:{settings.emulator_port}")
        served = f"http://127.0.0.1:{settings.voice_port}/health/live"
        pages = f"http://127.0.0.1:{settings.dashboard_port}/health/live"
        chain = f"http://127.0.0.1:{settings.fallback_port}/index.xml"
        helpline = ("-m", "helpline.cli.main", "run")
        return [
            self._child(
                "carrier",
                *("-m", "helpline.emulator", "--config", str(self._carrier_config())),
                environ=self._carrier_environ(),
                ready=control.is_up,
            ),
            self._child(
                "fallback",
                *(
                    "-m",
                    "helpline.cli.fallback_server",
                    str(self.home / "fallback"),
                    str(settings.fallback_port),
                ),
                ready=lambda: _answers(chain),
            ),
            self._child(
                "web",
                *(
                    "-m",
                    "gunicorn",
                    *WEB,
                    "--bind",
                    f"127.0.0.1:{settings.voice_port}",
                    "helpline.web.wsgi:app",
                ),
                ready=lambda: _answers(served),
            ),
            self._child(
                "dashboard",
                *("-m", "gunicorn", *PAGES),
                *("--bind", f"127.0.0.1:{settings.dashboard_port}", "dashboard.wsgi:app"),
                ready=lambda: _answers(pages),
            ),
            self._child("effects", *helpline, "effects"),
            self._child("effects2", *helpline, "effects"),
            self._child("worker", *helpline, "worker"),
            self._child("clock", *helpline, "clock"),
        ]

    def _child(
        self,
        name: str,
        *arguments: str,
        environ: Mapping[str, str] | None = None,
        ready: Callable[[], bool] | None = None,
    ) -> Child:
        return Child(
            name=name,
            command=(sys.executable, *arguments),
            env=environ or self._child_environ,
            log=self.log_of(name),
            ready=ready,
            ready_within_s=READY_S,
        )

    def _carrier_config(self) -> Path:
        """What the telephone page shows and whom it serves, in a file: numbers do not belong into a command line."""
        phones = {f"téléphone de {a['handle']}": a["phone"] for a in self.accounts if a["phone"]}
        config = {"phones": phones, "allow_origins": [self.settings.dashboard_origin]}
        file = self.home / "carrier.json"
        file.touch(mode=0o600)
        file.write_text(json.dumps(config, ensure_ascii=False, indent=1), "utf-8")
        return file

    def _carrier_environ(self) -> dict[str, str]:
        """The emulator reads no settings file: it is a program of its own."""
        account = self.settings.carrier
        return self._child_environ | {
            "HELPLINE_PORT_BASE": str(self.settings.port_base),
            "HELPLINE_LEGS_PER_S": f"{self.settings.legs_per_s:g}",
            "TWILIO_ACCOUNT_SID": account.account_sid,
            "TWILIO_AUTH_TOKEN": account.auth_token,
        }

    def _wait_until_served(self) -> None:
        ready = f"http://127.0.0.1:{self.settings.voice_port}/health/ready"
        deadline = time.monotonic() + READY_S
        while not _answers(ready):
            if time.monotonic() > deadline:
                raise Refused(
                    f"web: not ready to serve a caller after {READY_S:g} s; see {self.home / 'log'}"
                )
            time.sleep(0.05)


def _refuse_others_in(url: str) -> None:
    """A Redis named by the environment could be a real one: nobody on its line is reconciled with our emulator."""
    people = people_served(url)
    ours = {person.id for person in demo_data.PSYCHOLOGISTS}
    if people and not people & ours:
        raise Refused("Redis (HELPLINE_REDIS_URL): serves other people than the demo's; name another server")


def _port_base(environ: Mapping[str, str]) -> int:
    text = environ.get("HELPLINE_PORT_BASE") or "8000"
    if not text.isdecimal() or not 1024 <= int(text) <= 65_000:
        raise Refused("HELPLINE_PORT_BASE: must be a whole number from 1024 to 65000")
    return int(text)


def _answers(url: str) -> bool:
    """Whether a GET on loopback gives 200."""
    with requests.Session() as session:
        session.trust_env = False
        try:
            return session.get(url, timeout=2.0).status_code == 200
        except requests.RequestException:
            return False
