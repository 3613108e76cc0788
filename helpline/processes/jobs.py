"""What RQ's worker calls: `run(kind, *ids)`, with our own ids only.

RQ keeps the traceback of a job that failed, and tracebacks quote data: an error leaves
here as `JobFailed`, with its type and place and without what it was raised from.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Mapping
from pathlib import Path

from helpline.bootstrap import Service, service_of
from helpline.config import load_settings
from helpline.domain.errors import place_of
from helpline.processes.sweep_job import SweepJob
from helpline.processes.sweeps import SWEEP_JOB


class JobFailed(Exception):
    """A job failed; the text is type and place of the error, safe to store."""


@functools.cache
def _service() -> Service:
    """Built at the first job of this process, so that importing this file does no work."""
    return service_of(load_settings(os.environ, Path.cwd()))


def _sweep(service: Service) -> None:
    SweepJob(service).run(service.switchboard.clock.now_ms())


KINDS: Mapping[str, Callable[[Service], None]] = {SWEEP_JOB: _sweep}


def run(kind: str, *ids: str) -> None:
    """Do one job. Doing it twice is harmless: every kind is something a sweep repeats.

    ids: our own, none for the kinds there are today. Raises JobFailed and nothing else.
    """
    failure = ""
    try:
        KINDS[kind](_service())
    except Exception as error:
        failure = place_of(error)
    if failure:
        raise JobFailed(failure)
