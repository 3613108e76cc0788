"""How often a psychologist's leg was told « Un instant »: three times, then it is too late.

Kept in this process, since it is needed exactly when the live state cannot be asked. With
two web processes she may hear it up to six times; bounded either way.
"""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock

MOST_TIMES = 3
MOST_KEPT = 1000


class Patience:
    def __init__(self) -> None:
        self._times: OrderedDict[str, int] = OrderedDict()
        self._lock = Lock()

    def is_over(self, attempt: str) -> bool:
        """Count one more time for `attempt`; True when it has been asked three times before."""
        with self._lock:
            times = self._times.pop(attempt, 0) + 1
            self._times[attempt] = times
            if len(self._times) > MOST_KEPT:
                self._times.popitem(last=False)
            return times > MOST_TIMES


patience = Patience()
"""One for the process: both the routes and the failure answers count on it."""
