"""When a sweep last finished: `stat:sweep_finished_ms`, not of any call."""

from __future__ import annotations

from helpline.adapters.redis.scripts import Client, guarded

KEY = "stat:sweep_finished_ms"


class RedisSweepTimes:
    def __init__(self, client: Client) -> None:
        self._client = client

    def note(self, now_ms: int) -> None:
        guarded(lambda: self._client.set(KEY, str(now_ms)))

    def last(self) -> int | None:
        text = guarded(lambda: self._client.get(KEY))
        return int(str(text)) if text is not None else None
