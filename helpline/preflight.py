"""What the host and Redis must be like before real callers are served (attack 60 of the threat list).

`read_host` looks; the `check_*` functions are pure and list faults as lines "part: what is wrong". Callers
refuse to start when a list is not empty.
"""

from __future__ import annotations

import resource
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class HostFacts:
    """Whether this host could write our memory to disk: by swapping, or by a core dump of this process."""

    swap_on: bool
    core_dumps_on: bool


def read_host(swaps: Path = Path("/proc/swaps")) -> HostFacts:
    """Look at the kernel's list of swap areas (first line is a heading) and at this process's core limit."""
    areas = swaps.read_text(encoding="ascii").splitlines()[1:] if swaps.exists() else []
    return HostFacts(
        # zram lives in memory: nothing of it reaches a disk.
        swap_on=any(line and not line.startswith("/dev/zram") for line in areas),
        core_dumps_on=resource.getrlimit(resource.RLIMIT_CORE)[0] != 0,
    )


def check_host(facts: HostFacts) -> list[str]:
    """Faults of the host for production; empty when memory stays memory."""
    faults = []
    if facts.swap_on:
        faults.append(
            "swap: is on, so live calls could reach the disk; swapoff, or encrypt it with a key of the boot"
        )
    if facts.core_dumps_on:
        faults.append(
            "core dumps: are on, so a crash could write live calls to disk; set LimitCORE=0 (ulimit -c 0)"
        )
    return faults


def check_redis(config: Mapping[str, str]) -> list[str]:
    """Faults of a Redis server for live calls, from its CONFIG GET answers.

    config: at least `save`, `appendonly` and `maxmemory-policy`, as the server gives them. RAM only, and no
    key evicted under pressure (an evicted call is a lost caller). A missing answer is a fault, not a pass.
    """
    wanted = {"save": "", "appendonly": "no", "maxmemory-policy": "noeviction"}
    return [
        f'Redis: {name} must be "{value}"' + ("" if name in config else ", and the server does not tell")
        for name, value in wanted.items()
        if config.get(name) != value
    ]
