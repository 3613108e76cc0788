"""The web of the product and the floor side by side, and the working copy put back into one state as often as asked.

Only web, its Redis and the floor run: nobody carries anything out and nobody reconciles, so that a state stays as it
was prepared, and a request meets the same one each time.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

import requests

from benchmarks.parts.people import add_people
from benchmarks.parts.posts import Connection, Signer
from helpline.adapters.redis.connection import connect
from helpline.cli.demo_parts import DemoParts
from helpline.cli.servers.redis import RedisServer, plan_redis, start_redis
from helpline.cli.supervise import Child
from helpline.services.keep_duty import apply_rota
from tests.demo import free_base

MORE_PEOPLE = 10
FLOOR = (
    *("--worker-class", "gthread", "--workers", "2", "--threads", "8"),
    *("--timeout", "10", "--graceful-timeout", "3", "--keep-alive", "5", "--no-control-socket", "--preload"),
)
"""The bare floor has the server's own worker, not ours: what ours costs more is in the ratio."""

_RESTORE = "redis.call('FLUSHDB')\n"


class WebParts(DemoParts):
    """The demo's settings, people and web; twelve psychologists on duty. None of the other parts is started."""

    def _database(self) -> None:
        super()._database()
        add_people(self.settings, MORE_PEOPLE)

    def _start(self) -> None:
        for child in self._children():
            if child.name == "web":
                self.parts.start(child)


class WebPair:
    """Web and floor, both answering; `signer` speaks as their carrier."""

    def __init__(self, folder: Path, parts: type[WebParts] = WebParts) -> None:
        plain = {k: v for k, v in os.environ.items() if not k.startswith(("HELPLINE_", "TWILIO_"))}
        self.redis: RedisServer = start_redis(plan_redis(admin=True))
        places = {
            "HELPLINE_VAR_DIR": str(folder),
            "HELPLINE_PORT_BASE": str(free_base()),
            "HELPLINE_REDIS_URL": self.redis.url_app,
            "HELPLINE_REDIS_CLOCK_URL": self.redis.url_clock,
        }
        self.demo = parts(plain | places, folder)

    def __enter__(self) -> Self:
        self.demo.__enter__()
        assert self.redis.url_admin is not None
        self.admin = connect(self.redis.url_admin, timeout_s=30.0, decode=False)
        settings = self.demo.settings
        self.sw = self.demo.service.switchboard
        line = next(iter(self.sw.book.rules.lines.values()))
        account = settings.carrier
        self.signer = Signer(account.account_sid, account.auth_token, line.number_e164)
        self.origin = settings.public_origin
        self.floor_origin = f"http://127.0.0.1:{settings.port_base + 3}"
        self._start_floor(account.auth_token)
        now_ms = self.sw.clock.now_ms()
        self.sw.calls.begin_epoch(self.sw.chance.new_id(), now_ms)
        apply_rota(self.sw, now_ms)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.demo.__exit__(kind, error, trace)
        self.admin.close()
        self.redis.stop()

    def _start_floor(self, token: str) -> None:
        child = Child(
            name="floor",
            command=(
                *(sys.executable, "-m", "gunicorn", *FLOOR),
                *("--bind", self.floor_origin[7:], "benchmarks.floor:app"),
            ),
            env={**os.environ, "FLOOR_TOKEN": token},
            log=self.demo.log_of("floor"),
            ready=lambda: _answers(f"{self.floor_origin}/"),
        )
        self.demo.parts.start(child)

    # ---- requests

    @property
    def web(self) -> tuple[str, int]:
        return "127.0.0.1", self.demo.settings.voice_port

    @property
    def floor(self) -> tuple[str, int]:
        return "127.0.0.1", self.demo.settings.port_base + 3

    def request(self, path: str, leg_id: str, more: Mapping[str, str] | None = None) -> bytes:
        return self.signer.request(self.origin + path, leg_id, more)

    def floor_request(self, leg_id: str) -> bytes:
        return self.signer.request(f"{self.floor_origin}/voice", leg_id)

    def ask(self, path: str, leg_id: str, more: Mapping[str, str] | None = None) -> str:
        """One webhook, by a connection of its own; the document."""
        connection = Connection(self.web)
        try:
            connection.ask(self.request(path, leg_id, more))
            return connection.body
        finally:
            connection.close()

    # ---- the state

    def frozen(self) -> Callable[[], None]:
        """The working copy as it is now; call the answer to have it so again, in one step of Redis."""
        lines = [_RESTORE]
        for key in sorted(self.admin.keys("*")):
            dump = self.admin.dump(key)
            if dump is not None:
                lines.append(f"redis.call('RESTORE', {_lua(key)}, 0, {_lua(dump)})\n")
        return self.admin.register_script("".join(lines))

    def cpu_ms(self, part: str) -> float:
        """What the processes of a part have taken of a processor so far, all their threads."""
        return sum(map(_cpu_ms, self.demo.parts.pids(part)))

    def redis_cpu_ms(self) -> float:
        assert self.redis.pid is not None
        return _cpu_ms(self.redis.pid)


def _lua(value: bytes) -> str:
    return "'" + "".join(f"\\{byte:03d}" for byte in value) + "'"


def _cpu_ms(pid: int) -> float:
    """Nanoseconds are kept for each thread; ticks would be too coarse for a hundred requests."""
    total = 0
    for task in Path(f"/proc/{pid}/task").iterdir():
        try:
            total += int((task / "schedstat").read_text("ascii").split()[0])
        except OSError:
            continue
    return total / 1e6


def _answers(url: str) -> bool:
    with requests.Session() as session:
        session.trust_env = False
        try:
            return session.get(url, timeout=1).ok
        except requests.RequestException:
            return False
