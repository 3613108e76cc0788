"""`ports.News` on Redis publish/subscribe: channels `live:desk:<psychologist>`, `live:board`, `live:sessions`.

The Lua scripts publish in the very step that changes something. Nothing is kept: a hint
that nobody hears is gone, which is why pages look again every two seconds.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol, cast

from helpline.adapters.redis.scripts import Client, guarded

PREFIX: Final = "live:"
_MOST_AT_ONCE: Final = 1_000


class _Subscription(Protocol):
    """The part of redis-py's PubSub used here, which the library does not type."""

    def psubscribe(self, *patterns: str) -> object: ...

    def get_message(self, ignore_subscribe_messages: bool, timeout: float) -> dict[str, object] | None: ...

    def close(self) -> None: ...


class RedisNews:
    """`client` must wait longer for an answer than `wait` is asked to block."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._subscription: _Subscription | None = None

    def wait(self, for_s: float) -> frozenset[str]:
        try:
            return guarded(lambda: self._hear(for_s))
        except BaseException:
            self.close()
            raise

    def _hear(self, for_s: float) -> frozenset[str]:
        """The first hint, and all that came with it: a burst is one look."""
        subscription = self._listening()
        heard: set[str] = set()
        message = subscription.get_message(ignore_subscribe_messages=True, timeout=for_s)
        while message is not None and len(heard) < _MOST_AT_ONCE:
            heard.add(str(message["channel"]).removeprefix(PREFIX))
            message = subscription.get_message(ignore_subscribe_messages=True, timeout=0.0)
        return frozenset(heard)

    def _listening(self) -> _Subscription:
        if self._subscription is None:
            subscription = cast("Callable[[], _Subscription]", self._client.pubsub)()
            subscription.psubscribe(f"{PREFIX}*")
            self._subscription = subscription
        return self._subscription

    def tell(self, what: str) -> None:
        guarded(lambda: self._client.publish(f"{PREFIX}{what}", "1"))

    def close(self) -> None:
        subscription, self._subscription = self._subscription, None
        if subscription is not None:
            subscription.close()
