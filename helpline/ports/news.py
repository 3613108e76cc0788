"""Hints that something an open page shows may have changed."""

from __future__ import annotations

from typing import Protocol


class News(Protocol):
    """One listener of one process. A hint carries nothing: who hears it looks for itself."""

    def wait(self, for_s: float) -> frozenset[str]:
        """Block until something changed, at most `for_s`: what changed, none when nothing did.

        `desk:<psychologist>`, `board` or `sessions`. The first wait begins to listen: what
        changed before it is not told. Raises LiveStateDown; after it the next wait listens
        anew, and hints in between are lost.
        """

    def tell(self, what: str) -> None:
        """Give such a hint to every process. Raises LiveStateDown."""

    def close(self) -> None:
        """Stop listening."""
