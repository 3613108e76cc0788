"""Rendering documents, and work that is not on the path of a call."""

from __future__ import annotations

from typing import Protocol

from helpline.domain.verbs import Document


class Renderer(Protocol):
    """Turns a document into what the carrier reads."""

    def render(self, document: Document) -> str: ...


class SweepTimes(Protocol):
    """When a sweep last finished, in ms. Raises LiveStateDown."""

    def note(self, now_ms: int) -> None: ...

    def last(self) -> int | None: ...


class Jobs(Protocol):
    """The work list of what is not on the path of a call: RQ, or a list when stepped."""

    def enqueue(self, kind: str, *ids: str) -> None:
        """Hint that `kind` is to be done for our own `ids`; losing it loses nothing."""

    def is_empty(self) -> bool: ...
