"""Tries in a window of 15 minutes: `tries:<digest>`, a count that expires: `ports.Throttle`.

The names are digests under a secret: what people type into a sign-in name is now and then their password.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from typing import Final

from helpline.adapters.redis.scripts import Client, guarded

WINDOW_S: Final = 900


class RedisThrottle:
    def __init__(self, client: Client, secret: str) -> None:
        self._client = client
        self._secret = secret.encode()

    def take(self, limits: Mapping[str, int]) -> bool:
        """In one transaction; the window of a name begins with its first try and is not prolonged by others."""
        pipe = self._client.pipeline(transaction=True)
        for name in limits:
            pipe.set(self._key(name), 0, ex=WINDOW_S, nx=True)
            pipe.incr(self._key(name))
        counts = guarded(pipe.execute)[1::2]
        return all(int(count) <= limit for count, limit in zip(counts, limits.values(), strict=True))

    def forget(self, name: str) -> None:
        guarded(lambda: self._client.delete(self._key(name)))

    def _key(self, name: str) -> str:
        return "tries:" + hmac.digest(self._secret, b"throttle " + name.encode(), "sha256").hex()[:32]
