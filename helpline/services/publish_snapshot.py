"""Bring what is live in SQL to the processes that answer calls."""

from __future__ import annotations

from helpline.domain.snapshot import Snapshot
from helpline.ports import PublishedStore, Snapshots


def publish_snapshot(store: PublishedStore, snapshots: Snapshots) -> Snapshot:
    """Read all that is live in one transaction and put it in place as one file.

    Raises DatabaseDown, and OSError when the file cannot be written: the one in place
    then stays. Doing it twice changes nothing but the file's time.
    """
    snapshot = store.snapshot()
    snapshots.replace(snapshot)
    return snapshot
