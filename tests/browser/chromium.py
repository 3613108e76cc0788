"""Finding Chromium, and how it is started: quiet, without the network of its maker."""

from __future__ import annotations

import os
import shutil
from typing import Final

from helpline.cli.servers.common import ServerMissing

QUIET: Final = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def find_chromium() -> str:
    """The program; ServerMissing with what to install when there is none."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        found = shutil.which(name)
        if found:
            return found
    raise ServerMissing("Chromium: not found: run `apt-get install chromium`.")


def arguments() -> list[str]:
    """Root has no sandbox to give; everybody else keeps it."""
    return [*QUIET, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
