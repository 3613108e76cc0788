"""Clients for the live state, with time limits fit for a webhook.

The library's own defaults block a refused command for 3.7 s (measured); a caller would hear that. One quick
retry hides a connection that the server closed, and nothing else.
"""

from __future__ import annotations

from typing import cast

import redis
from redis.backoff import ExponentialBackoff
from redis.retry import Retry

from helpline.adapters.redis.quick import QuickRedis

PERSISTENCE_NAMES = ("save", "appendonly", "maxmemory-policy")


def connect(url: str, *, timeout_s: float = 0.2, decode: bool = True) -> redis.Redis:
    """A client for `url` (redis://, rediss:// or unix://user:password@/path?db=0); connects at first use.

    timeout_s bounds each connect and each answer; a client that blocks on a list passes more than it blocks for.
    decode=False gives bytes, which rq needs. Safe to share between threads. The client raises
    redis.exceptions.RedisError; what to do then is the caller's knowledge.
    """
    return QuickRedis.from_url(
        url,
        socket_timeout=timeout_s,
        socket_connect_timeout=timeout_s,
        retry=Retry(ExponentialBackoff(cap=0.05, base=0.01), 1),
        decode_responses=decode,
    )


def read_persistence(client: redis.Redis) -> dict[str, str]:
    """CONFIG GET of what decides whether live calls could reach the disk; for `preflight.check_redis`.

    Needs user `clock`: `app` may not read the configuration (redis.exceptions.NoPermissionError).
    """
    # The library types CONFIG GET for both sync and async clients at once.
    return cast("dict[str, str]", client.config_get(*PERSISTENCE_NAMES))
