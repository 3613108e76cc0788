"""Tries in a window of 15 minutes: `tries:<digest>`, a count that expires: `ports.Throttle`.

The names are digests under a secret: what people type into a sign-in name is now and then their password.
"""

from __future__ import annotations

import hmac
from collections.abc import Collection, Mapping
from typing import Final

from helpline.adapters.redis.scripts import Client, guarded

WINDOW_S: Final = 900


class RedisThrottle:
    def __init__(self, client: Client, secret: str) -> None:
        self._client = client
        self._secret = secret.encode()

    def take(self, limits: Mapping[str, int]) -> bool:
        """The window of a name begins with its first try and is not prolonged by others."""
        counts = self._add(limits, 1)
        return all(count <= limit for count, limit in zip(counts, limits.values(), strict=True))

    def give_back(self, names: Collection[str]) -> None:
        self._add(names, -1)

    def forget(self, name: str) -> None:
        guarded(lambda: self._client.delete(self._key(name)))

    def _add(self, names: Collection[str], n: int) -> list[int]:
        """In one transaction; no count is ever left without its end."""
        pipe = self._client.pipeline(transaction=True)
        for name in names:
            pipe.set(self._key(name), 0, ex=WINDOW_S, nx=True)
            pipe.incrby(self._key(name), n)
        return [int(count) for count in guarded(pipe.execute)[1::2]]

    def _key(self, name: str) -> str:
        return "tries:" + hmac.digest(self._secret, b"throttle " + name.encode(), "sha256").hex()[:32]
