"""Jobs on RQ: `ports.Jobs`. A job is a hint; whatever must happen is found again by a sweep.

What RQ keeps of a job (`rq:job:<id>`, `rq:queue:helpline`, registries) holds the kind and our
own ids, as JSON. Nothing of a caller can be in it, since `enqueue` takes nothing else, and
all of it has a short life.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import redis
from redis.exceptions import RedisError
from rq import Queue, SimpleWorker
from rq.exceptions import NoSuchJobError
from rq.job import Job
from rq.serializers import JSONSerializer

from helpline.domain.errors import LiveStateDown

QUEUE: Final = "helpline"
ENTRY: Final = "helpline.processes.jobs.run"
"""Named, not imported: an adapter does not know the processes."""

TTL_S: Final = 60
FAILURE_TTL_S: Final = 20
"""The log has told it, and the same work is repeated; nobody reads what is kept here."""

TIMEOUT_S: Final = 120


class RqJobs:
    """`client` must give bytes (`connect(…, decode=False)`): RQ compresses what it stores."""

    def __init__(self, client: redis.Redis) -> None:
        self._queue = Queue(QUEUE, connection=client, serializer=JSONSerializer)

    def enqueue(self, kind: str, *ids: str) -> None:
        """Put a job; forgotten after a minute if nobody takes it. Raises LiveStateDown."""
        reason = ""
        try:
            self._queue.enqueue_call(
                ENTRY,
                args=(kind, *ids),
                timeout=TIMEOUT_S,
                ttl=TTL_S,
                result_ttl=0,
                failure_ttl=FAILURE_TTL_S,
                description=kind,
            )
        except RedisError as error:
            reason = type(error).__name__
        if reason:
            raise LiveStateDown(f"redis: {reason}")

    def is_empty(self) -> bool:
        """Whether no job waits; one that is being done does not count. Raises LiveStateDown."""
        reason = ""
        try:
            return int(self._queue.count) == 0
        except RedisError as error:
            reason = type(error).__name__
        raise LiveStateDown(f"redis: {reason}")


def worker_name(host: str, pid: int, random: str) -> str:
    """It says which process it is: what RQ has registered of a worker is lost with Redis, while it lives on.

    random: letters and digits, so that no two are named alike.
    """
    return f"{host}-{pid}-{random}"


def clear_after_the_dead(client: redis.Redis, host: str, is_alive: Callable[[int], bool]) -> int:
    """Remove jobs that killed workers of this host left half done; how many. Raises LiveStateDown.

    RQ finds them by itself minutes later and then keeps them as failed. is_alive: of a process id.
    """
    reason, cleared = "", 0
    try:
        cleared = sum(_delete(job) for job in _begun(client) if _is_of_a_dead_one(job, host, is_alive))
        for worker in SimpleWorker.all(client):
            if worker.hostname == host and worker.pid is not None and not is_alive(worker.pid):
                worker.register_death()  # type: ignore[no-untyped-call]  # rq has no types there
    except RedisError as error:
        reason = type(error).__name__
    if reason:
        raise LiveStateDown(f"redis: {reason}")
    return cleared


def _begun(client: redis.Redis) -> list[Job]:
    """Jobs that some worker has begun and not ended."""
    queue = Queue(QUEUE, connection=client, serializer=JSONSerializer)
    begun = Job.fetch_many(queue.started_job_registry.get_job_ids(cleanup=False), client, JSONSerializer)
    return [job for job in begun if job is not None]


def _is_of_a_dead_one(job: Job, host: str, is_alive: Callable[[int], bool]) -> bool:
    """Of a worker of this host, by its name, whose process is gone."""
    its_host, _, pid = (job.worker_name or "").rpartition("-")[0].rpartition("-")
    return its_host == host and pid.isdigit() and not is_alive(int(pid))


def _delete(job: Job) -> bool:
    try:
        job.delete()
    except NoSuchJobError:
        return False
    return True
