"""The due list of live effects. Members: `match`, `ring:<attempt>`, `move:<call>`, …"""

from __future__ import annotations

from helpline.adapters.redis.scripts import Client, Json, Scripts, guarded


class RedisDueList:
    """`ports.DueList` on Redis: a sorted set with leases, and a list that wakes."""

    def __init__(self, client: Client, scripts: Scripts, blocking: Client | None = None) -> None:
        """`blocking` is a second connection with a long socket timeout, for `wait`."""
        self._client = client
        self._blocking = blocking or client
        self._scripts = scripts

    def take(self, lease_ms: int, now_ms: int) -> tuple[str, int] | None:
        reply = self._scripts.run("due", now_ms, {"op": "take", "lease_ms": lease_ms})
        return (str(reply[0]), int(float(str(reply[1])))) if isinstance(reply, list) else None

    def keep(self, member: str, held: int, till_ms: int, now_ms: int) -> int:
        args: dict[str, Json] = {"op": "keep", "member": member, "held": held, "till": till_ms}
        return int(float(str(self._scripts.run("due", now_ms, args))))

    def done(self, member: str, held: int, now_ms: int) -> None:
        self._scripts.run("due", now_ms, {"op": "done", "member": member, "held": held})

    def later(self, member: str, held: int, at_ms: int, now_ms: int) -> None:
        self._scripts.run("due", now_ms, {"op": "later", "member": member, "held": held, "at": at_ms})

    def put(self, member: str, at_ms: int, now_ms: int) -> None:
        self._scripts.run("due", now_ms, {"op": "put", "member": member, "at": at_ms})

    def next_due(self) -> int | None:
        head = guarded(lambda: self._client.zrange("due", 0, 0, withscores=True))
        return int(float(str(head[0][1]))) if head else None

    def wait(self, for_s: float) -> None:
        guarded(lambda: self._blocking.blpop(["due:wake"], timeout=for_s))
