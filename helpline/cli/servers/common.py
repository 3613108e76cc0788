"""What both embedded servers need: short folders, waiting, and the error for a missing program."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

# A unix socket's path holds 107 bytes; a folder's name and a server's socket in it take under 45.
_LONGEST_BASE = 60


class ServerMissing(Exception):
    """No program for this server on this machine; the text is one sentence with the line that installs it."""


class ServerFailed(Exception):
    """A server did not start or does not answer; the text is one line naming the part."""


def short_temp_dir(prefix: str) -> Path:
    """A new folder, mode 700, with a path short enough for sockets even where TMPDIR is long."""
    base = tempfile.gettempdir()
    if len(os.fsencode(base)) > _LONGEST_BASE:
        base = "/tmp"  # noqa: S108  # mkdtemp makes the folder in it private
    return Path(tempfile.mkdtemp(prefix=prefix, dir=base))


def wait_ready(
    part: str, process: subprocess.Popen[bytes], ready: Callable[[], bool], *, within_s: float, log: Path
) -> None:
    """Return once `ready()`; ServerFailed with the log's last line when it ends early or takes too long."""
    deadline = time.monotonic() + within_s
    while not ready():
        if process.poll() is not None or time.monotonic() > deadline:
            lines = log.read_text(encoding="utf-8", errors="replace").splitlines() if log.exists() else []
            what = "ended at once" if process.poll() is not None else f"did not answer within {within_s:g} s"
            raise ServerFailed(f"{part}: {what}" + (f" ({lines[-1].strip()})" if lines else ""))
        time.sleep(0.01)
