"""Starting and ending child processes: own session, dying with us, nothing left behind.

Each child leads a session of its own, so that everything it starts (gunicorn's and rq's workers) can be found
and ended with it. Known edge: the kernel ties a child to the *thread* that started it; start children from a
thread that lives as long as they should.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

_TIED = Path(__file__).with_name("tied.py")
POLL_S = 0.02


def spawn(
    command: Sequence[str],
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    log: IO[bytes] | int | None = None,
    death_signal: signal.Signals = signal.SIGKILL,
    user: tuple[int, int] | None = None,
) -> subprocess.Popen[bytes]:
    """Start `command` in its own session; `death_signal` is what it gets when our thread dies.

    env: the whole environment, ours when None. log: where both outputs go, ours when None. user: (uid, gid) to
    run as, root only. Returns at once: a command that does not exist shows as an early end, status 1.
    """
    who = f"{user[0]}:{user[1]}" if user else "-"
    # -I -S: no user site, no .pth files; half the start-up time, and nothing of the caller's path leaks in.
    tie = [sys.executable, "-I", "-S", str(_TIED), str(os.getpid()), str(int(death_signal)), who]
    return subprocess.Popen(
        [*tie, *command],
        env=dict(env) if env is not None else None,
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=subprocess.STDOUT if log is not None else None,
        start_new_session=True,
    )


def session_pids(leader: int) -> list[int]:
    """Live processes of the session that `leader` led, itself included, lowest pid first; zombies left out."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdecimal():
            continue
        try:
            # After the name in brackets, which may hold anything: state, parent, group, session.
            fields = (entry / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        except OSError:
            continue  # ended while we looked
        if int(fields[3]) == leader and fields[0] not in {"Z", "X"}:
            found.append(int(entry.name))
    return sorted(found)


def kill_session(leader: int, sig: signal.Signals) -> None:
    """Send `sig` to every process of the session; those already gone are no error."""
    for pid in session_pids(leader):
        try:
            os.kill(pid, sig)
        except ProcessLookupError:
            continue


def end(
    process: subprocess.Popen[bytes], *, term_s: float = 5.0, sig: signal.Signals = signal.SIGTERM
) -> None:
    """Ask the leader to end (`sig`), wait `term_s`, then SIGKILL whatever is left of its session. Twice is harmless."""
    if process.poll() is None:
        process.send_signal(sig)
        try:
            process.wait(term_s)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    deadline = time.monotonic() + 2.0
    while session_pids(process.pid) and time.monotonic() < deadline:
        kill_session(process.pid, signal.SIGKILL)
        time.sleep(POLL_S)
