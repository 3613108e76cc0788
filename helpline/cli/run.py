"""`helpline run effects|worker|clock`: the processes around the loops. SIGTERM ends them after what they are doing."""

from __future__ import annotations

import os
import signal
import threading
from types import FrameType

import click
from rq import SimpleWorker
from rq.serializers import JSONSerializer

from helpline import logs
from helpline.bootstrap import NotSetUp, Service, service_of
from helpline.bootstrap_tools import (
    clear_after_dead_workers,
    name_of_this_worker,
    preflight_of,
    worker_redis,
)
from helpline.cli.outcome import Refused, current_settings
from helpline.config import Settings
from helpline.processes import effects as effects_process
from helpline.processes import sweeps as clock_process

QUEUE = "helpline"
EFFECT_THREADS = 4
"""One order may take seconds; the others' psychologists are not to wait for it."""

MAINTENANCE_S = 60
"""How often the worker looks for jobs of a worker that died."""


@click.group(name="run")
def command() -> None:
    """Run one process of the service until SIGTERM."""


@command.command()
def effects() -> None:
    """Ring, move and drop legs; two of these run."""
    service = _service(_checked())
    switchboard = service.switchboard
    loop = effects_process.Effects(switchboard, service.carrier)
    told = _until_told()
    for _ in range(EFFECT_THREADS - 1):
        # Daemons: an order that hangs at the carrier must not keep the process from ending.
        threading.Thread(
            target=effects_process.run, args=(loop, switchboard, told.is_set), daemon=True
        ).start()
    threading.Thread(
        target=effects_process.keep_leases, args=(loop, switchboard, told.is_set), daemon=True
    ).start()
    effects_process.run(loop, switchboard, told.is_set)


@command.command()
def clock() -> None:
    """Everything that is due by time; a second one is harmless."""
    service = _service(_checked(), clock=True)
    holder, told, now_ms = (
        service.switchboard.chance.new_id(),
        _until_told(),
        service.switchboard.clock.now_ms,
    )
    reconciler = clock_process.Sweeps(service, holder, only=("reconcile",))
    # A daemon: a thread that hangs in SQL must not keep the process from ending.
    rest = clock_process.Sweeps(service, holder, only=("batch", "sweep", "seal"))
    threading.Thread(target=clock_process.run, args=(rest, now_ms, told.is_set), daemon=True).start()
    clock_process.run(reconciler, now_ms, told.is_set)


@command.command()
def worker() -> None:
    """Do jobs: what is not on the path of a call."""
    settings = _checked()
    connection = worker_redis(settings)
    clear_after_dead_workers(connection)
    # SimpleWorker: one long process that keeps its service; forking would build one for each job.
    made = SimpleWorker(
        [QUEUE],
        name=name_of_this_worker(),
        connection=connection,
        serializer=JSONSerializer,
        maintenance_interval=MAINTENANCE_S,
        log_job_description=False,
    )
    logs.set_up()  # rq puts up handlers of its own
    made.work(logging_level="WARNING")


def _checked() -> Settings:
    logs.set_up()
    settings = current_settings()
    faults = preflight_of(settings)
    if faults:
        raise Refused("\n".join(faults))
    return settings


def _service(settings: Settings, *, clock: bool = False) -> Service:
    try:
        return service_of(settings, clock=clock)
    except NotSetUp as error:
        raise Refused(str(error)) from None


def _until_told() -> threading.Event:
    """Set by SIGTERM or SIGINT; the loops look at it between two pieces of work."""
    stop = threading.Event()

    def on_signal(number: int, frame: FrameType | None) -> None:
        if stop.is_set():
            os._exit(1)  # told twice: at once
        stop.set()

    signal.signal(signal.SIGTERM, on_signal)
    signal.signal(signal.SIGINT, on_signal)
    return stop
