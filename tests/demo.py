"""Where a test's own demo runs: its environment and five free ports."""

from __future__ import annotations

import os
import socket
from pathlib import Path


def plain_environ(tmp_path: Path) -> dict[str, str]:
    """A shell without settings, a var folder and a port base of this test's own."""
    plain = {
        name: value for name, value in os.environ.items() if not name.startswith(("HELPLINE_", "TWILIO_"))
    }
    return plain | {"HELPLINE_VAR_DIR": str(tmp_path / "var"), "HELPLINE_PORT_BASE": str(free_base())}


def free_base() -> int:
    """A base with five free ports above it, outside of where the system draws its own."""
    for base in range(20_000, 32_000, 10):
        try:
            for offset in range(5):
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", base + offset))
        except OSError:
            continue
        return base
    raise AssertionError("no five free ports")
