"""A test's own demo: where it runs, a PostgreSQL among its parts, and parts that stand still or are down."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from helpline.cli.demo_parts import DemoParts
from helpline.cli.servers.postgres import PostgresPlan, plan_postgres
from helpline.cli.supervise import Child, Supervisor


def plain_environ(tmp_path: Path) -> dict[str, str]:
    """A shell without settings, a var folder and a port base of this test's own."""
    plain = {
        name: value for name, value in os.environ.items() if not name.startswith(("HELPLINE_", "TWILIO_"))
    }
    return plain | {"HELPLINE_VAR_DIR": str(tmp_path / "var"), "HELPLINE_PORT_BASE": str(free_base())}


_held: Final[list[socket.socket]] = []
"""Names taken by this process, of bases it may use; gone with it."""


def free_base() -> int:
    """A base with five free ports above it, outside of where the system draws its own, for this process alone.

    Between looking and using another run of tests could choose the same: a name in the kernel's abstract namespace is
    taken for each base, by one process at a time whoever runs it, and free again when that process ends.
    """
    for base in range(20_000, 32_000, 10):
        name = socket.socket(socket.AF_UNIX)
        try:
            name.bind(f"\0helpline-tests-{base}")
            for offset in range(5):
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", base + offset))
        except OSError:
            name.close()
            continue
        _held.append(name)
        return base
    raise AssertionError("no five free ports")


def start_postgres(demo: DemoParts, settings: Sequence[str] = ()) -> PostgresPlan:
    """A server of this demo's own, as its part `sql`. Whoever starts it removes the plan's folder at the end."""
    plan = plan_postgres(settings=tuple(settings))
    demo.parts.start(
        Child(
            name="sql",
            command=plan.command,
            env=plan.environment,
            cwd=plan.directory,
            log=demo.log_of("sql"),
            ready=plan.ready,
            user=plan.user,
        )
    )
    return plan


def pids_of(parts: Supervisor, part: str) -> list[int]:
    """A part's processes. PostgreSQL's have sessions of their own, so they are found by their parent."""
    pids = parts.pids(part)
    return pids + [pid for pid in _children_of(pids[0]) if pid not in pids] if pids else pids


@contextmanager
def stopped(parts: Supervisor, part: str) -> Iterator[None]:
    """The processes of a part stand still inside the block; the supervisor sees them alive."""
    pids = pids_of(parts, part)
    signalled(pids, signal.SIGSTOP)
    try:
        yield
    finally:
        signalled(pids, signal.SIGCONT)


@contextmanager
def killed(parts: Supervisor, part: str) -> Iterator[None]:
    """A part is killed, and not started again inside the block."""
    parts.hold_down(part)
    try:
        yield
    finally:
        parts.let_up(part)


def signalled(pids: Sequence[int], what: signal.Signals) -> None:
    """Those of them that are still there."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, what)


def _children_of(parent: int) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            with contextlib.suppress(OSError):
                fields = (entry / "stat").read_text("utf-8", "replace").rpartition(")")[2].split()
                if int(fields[1]) == parent:
                    found.append(int(entry.name))
    return found
