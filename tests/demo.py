"""Where a test's own demo runs: its environment and five free ports."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import Final


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
