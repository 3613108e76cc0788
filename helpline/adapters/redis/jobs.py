"""Jobs on RQ: `ports.Jobs`. A job is a hint; whatever must happen is found again by a sweep.

What RQ keeps of a job (`rq:job:<id>`, `rq:queue:helpline`, registries) holds the kind and our
own ids, as JSON. Nothing of a caller can be in it, since `enqueue` takes nothing else, and
all of it has a short life.
"""

from __future__ import annotations

from typing import Final

import redis
from redis.exceptions import RedisError
from rq import Queue
from rq.serializers import JSONSerializer

from helpline.domain.errors import LiveStateDown

QUEUE: Final = "helpline"
ENTRY: Final = "helpline.processes.jobs.run"
"""Named, not imported: an adapter does not know the processes."""

TTL_S: Final = 60
FAILURE_TTL_S: Final = 600
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
