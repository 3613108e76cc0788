"""Keeps the parts of a demo or a test running: starts them, restarts the dead within a second, ends them all.

One thread of ours starts every child and looks at them every 50 ms. It must be one thread, and outlive them,
because the kernel ends a child with the thread that started it (`tied.py`). A restarted child gets the same
command, ports and passwords; Redis so comes back empty under the same address. No signal handler is used.
In production systemd does this work.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from helpline.cli import children

LOOK_EVERY_S = 0.05
# A child that dies again at once is restarted ever later, but always within the promised second.
LONGEST_WAIT_S = 0.8
_STEADY_AFTER_S = 2.0


class PortTaken(Exception):
    """Somebody else listens where a part should; the text names both."""

    def __init__(self, part: str, port: int) -> None:
        super().__init__(f"{part}: port {port} is taken by another program; end it or set HELPLINE_PORT_BASE")
        self.part = part
        self.port = port


class NotReady(Exception):
    """A part did not get ready in its time; the text names it and its log."""


@dataclass(frozen=True, kw_only=True)
class Child:
    """One part to keep running.

    env: the whole environment, ours when None. log: a file that both outputs are appended to, ours when None.
    ports: TCP ports on 127.0.0.1 that must be free before the first start. ready: called from outside the child
    until True; None means ready once started. term_s: how long it may take to end by itself. user: (uid, gid) to
    run as, root only; stop: the signal that asks it to end.
    """

    name: str
    command: tuple[str, ...]
    env: Mapping[str, str] | None = None
    cwd: Path | None = None
    log: Path | None = None
    ports: tuple[int, ...] = ()
    ready: Callable[[], bool] | None = None
    ready_within_s: float = 15.0
    term_s: float = 5.0
    user: tuple[int, int] | None = None
    stop: signal.Signals = signal.SIGTERM


@dataclass
class _Slot:
    child: Child
    wanted: bool = True
    process: subprocess.Popen[bytes] | None = None
    started: int = 0
    started_at: float = 0.0
    quick_deaths: int = 0
    start_after: float = 0.0
    failure: OSError | None = field(default=None)

    def is_up(self) -> bool:
        return self.process is not None and self.process.poll() is None


class Supervisor:
    """`with Supervisor() as parts: parts.start(Child(…))`; leaving the block ends everything. Safe from threads."""

    def __init__(self) -> None:
        self._slots: dict[str, _Slot] = {}
        self._lock = threading.RLock()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self, child: Child) -> None:
        """Start a part and wait until it is ready. Raises PortTaken before anything is started, NotReady after."""
        for port in child.ports:
            check_port(child.name, port)
        with self._lock:
            if self._stopping.is_set() or child.name in self._slots:
                raise ValueError(f"{child.name}: already started, or the supervisor has ended")
            self._slots[child.name] = _Slot(child)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="supervisor", daemon=True)
                self._thread.start()
        self.wait_ready(child.name)

    def wait_ready(self, name: str) -> None:
        """Return once the part runs and its ready check holds; NotReady when that takes longer than it may."""
        slot = self._slots[name]
        deadline = time.monotonic() + slot.child.ready_within_s
        while not (slot.is_up() and (slot.child.ready is None or slot.child.ready())):
            if slot.failure is not None or time.monotonic() > deadline or self._stopping.is_set():
                why = f", {slot.failure.strerror}" if slot.failure else ""
                raise NotReady(
                    f"{name}: not ready after {slot.child.ready_within_s:g} s{why}{_last_line(slot.child.log)}"
                )
            time.sleep(LOOK_EVERY_S / 2)

    def hold_down(self, name: str, sig: signal.Signals = signal.SIGKILL) -> None:
        """Kill a part with all it started and keep it down until `let_up`. Twice is harmless."""
        with self._lock:
            slot = self._slots[name]
            slot.wanted = False
            if slot.process is not None:
                children.kill_session(slot.process.pid, sig)
                children.end(slot.process, term_s=0.0 if sig is signal.SIGKILL else slot.child.term_s)

    def let_up(self, name: str) -> None:
        """Let a held part run again and wait until it is ready."""
        with self._lock:
            slot = self._slots[name]
            slot.wanted, slot.quick_deaths, slot.start_after = True, 0, 0.0
        self.wait_ready(name)

    def pids(self, name: str) -> list[int]:
        """Live processes of a part, its leader first; empty while it is down."""
        with self._lock:
            process = self._slots[name].process
        if process is None:
            return []
        found = children.session_pids(process.pid)
        return sorted(found, key=lambda pid: (pid != process.pid, pid))

    def kill(self, name: str, sig: signal.Signals = signal.SIGKILL) -> list[int]:
        """Send `sig` to every process of a part, which is then restarted. Returns the pids it went to."""
        pids = self.pids(name)
        for pid in pids:
            try:
                os.kill(pid, sig)
            except ProcessLookupError:
                continue
        return pids

    def restarts(self, name: str) -> int:
        """How often a part was started again since its first start."""
        with self._lock:
            return max(0, self._slots[name].started - 1)

    def names(self) -> list[str]:
        """The parts in the order they were started."""
        with self._lock:
            return list(self._slots)

    def stop(self) -> None:
        """End all parts at once, and after them the first started, on which they lean; each is given its `term_s`,
        then killed. Twice is harmless.
        """
        self._stopping.set()
        with self._lock:
            slots = list(self._slots.values())
            for together in (slots[1:], slots[:1]):
                if together:
                    with ThreadPoolExecutor(len(together)) as pool:
                        list(pool.map(_end, together))
        thread = self._thread
        if thread is not None:
            thread.join()

    def _run(self) -> None:
        while not self._stopping.wait(LOOK_EVERY_S):
            with self._lock:
                if not self._stopping.is_set():
                    for slot in self._slots.values():
                        _look_at(slot)
        # The kernel ends our children with this thread: leave only after `stop` has ended them in order.
        with self._lock:
            return


def check_port(part: str, port: int) -> None:
    """Raise PortTaken when somebody listens on 127.0.0.1:port."""
    with socket.socket() as probe:
        probe.setsockopt(
            socket.SOL_SOCKET, socket.SO_REUSEADDR, 1
        )  # a closed connection lingering is no listener
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            raise PortTaken(part, port) from None


def _look_at(slot: _Slot) -> None:
    """Note a death, clear away what the dead part left running, and start it when its time has come."""
    now = time.monotonic()
    if slot.process is not None and slot.process.poll() is not None:
        # Workers of a dead master would keep its port.
        children.end(slot.process, term_s=0.0)
        steady = now - slot.started_at > _STEADY_AFTER_S
        slot.quick_deaths = 0 if steady else slot.quick_deaths + 1
        slot.start_after = now + min(LONGEST_WAIT_S, 0.05 * (2**slot.quick_deaths - 1))
        slot.process = None
    if slot.wanted and slot.process is None and now >= slot.start_after:
        _start(slot, now)


def _end(slot: _Slot) -> None:
    slot.wanted = False
    if slot.process is not None:
        children.end(slot.process, term_s=slot.child.term_s, sig=slot.child.stop)


def _start(slot: _Slot, now: float) -> None:
    child = slot.child
    slot.started += 1
    slot.started_at = now
    try:
        if child.log is None:
            slot.process = children.spawn(child.command, env=child.env, cwd=child.cwd, user=child.user)
            return
        child.log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with child.log.open("ab") as log:
            slot.process = children.spawn(
                child.command, env=child.env, cwd=child.cwd, log=log, user=child.user
            )
    except OSError as error:  # no folder, no memory: told by `wait_ready`, tried again
        slot.failure = error
        slot.start_after = now + LONGEST_WAIT_S


def _last_line(log: Path | None) -> str:
    if log is None or not log.exists():
        return ""
    lines = log.read_text(encoding="utf-8", errors="replace").split("\n")
    return f" ({log}: {next((line.strip() for line in reversed(lines) if line.strip()), 'empty')})"
