"""What the waiting line costs Redis: finding psychologists for 100, 10,000 and 1,000,000 callers who wait.

    python -m benchmarks.switchboard [--json]

Goals: the scripts of one hand-over (read the head of the line, make an offer, send, ring, claim) take at a million at most
2.5 times what they take at a hundred, in Redis's own time; a waiting call takes at most 1 KB of it. Exit status 1 when one
is missed. What is in the figures: `benchmarks/README.md`.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import redis

from helpline.adapters.redis.connection import connect
from helpline.cli.servers.redis import plan_redis, start_redis
from helpline.domain.waiting import Claim
from tests.adapters.live_state import Person, World

SIZES = (100, 10_000, 1_000_000)
FREE, ROUNDS = 10, 5
GROWTH_GOAL, BYTES_GOAL = 2.5, 1024
BATCH = 10_000


@dataclass(frozen=True)
class At:
    """Redis's own µs: of one hand-over, of reading the head of the line in it; bytes a waiting call."""

    waiting: int
    hand_over_us: float
    read_us: float
    bytes_a_call: float


def fill(client: redis.Redis, world: World, size: int) -> float:
    """So many wait; bytes each has cost. The first arrives by the script, the others are its copies under other ids."""
    before = int(client.info("memory")["used_memory"])
    first = world.new_call()
    world.calls.arrive(first, None, [], world.now)
    copy = client.hgetall(f"call:{first.id}")
    (need,) = client.smembers("needs")
    for start in range(1, size, BATCH):
        with client.pipeline(transaction=False) as pipe:
            for n in range(start, min(start + BATCH, size)):
                call, leg = f"call-{n:026d}", f"CA{n:032x}"
                pipe.hset(f"call:{call}", mapping={**copy, "leg_id": leg})
                pipe.set(f"sid:{leg}", f"c:{call}")
                pipe.sadd("calls", call)
                pipe.zadd(f"waiting:{need}", {call: first.line_key_ms + n})
            pipe.execute()
    return (int(client.info("memory")["used_memory"]) - before) / size


def scripts_us(client: redis.Redis) -> float:
    """What scripts have taken since the last reset."""
    return float(client.info("commandstats").get("cmdstat_evalsha", {}).get("usec", 0))


def measured(client: redis.Redis, size: int) -> At:
    client.flushall()
    people = [Person(f"p{n:04d}") for n in range(FREE * ROUNDS)]
    world = World(client, people)
    bytes_a_call = fill(client, world, size)
    handed, took, read = 0, [], []
    for place in range(ROUNDS):
        world.on_duty(*(person.id for person in people[place * FREE : (place + 1) * FREE]))
        client.config_resetstat()
        wanted = world.wanted()
        read.append(scripts_us(client))
        client.config_resetstat()
        handed = 0
        for one in wanted:
            for attempt in world.offers.make(one, 0, world.attempts(one), world.now)[:1]:
                world.rings(attempt)
                handed += world.claim(attempt) is Claim.WON
        took.append(scripts_us(client) / handed)
        assert handed == FREE, handed
    return At(size, sorted(took)[ROUNDS // 2], sorted(read)[ROUNDS // 2], bytes_a_call)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.switchboard", description=__doc__.split("\n")[0]
    )
    parser.add_argument("--json", action="store_true", help="one JSON object, nothing else")
    asked = parser.parse_args(arguments)
    server = start_redis(plan_redis(admin=True))
    try:
        assert server.url_admin is not None
        with connect(server.url_admin, timeout_s=60.0) as client:
            client.config_set("maxmemory", 0)
            found = [measured(client, size) for size in SIZES]
            client.flushall()
    finally:
        server.stop()
    growth = found[-1].hand_over_us / found[0].hand_over_us
    most_bytes = max(at.bytes_a_call for at in found[1:])  # a hundred share what Redis keeps anyway
    kept = growth <= GROWTH_GOAL and most_bytes <= BYTES_GOAL
    if asked.json:
        goals = {"growth": growth, "growth_goal": GROWTH_GOAL, "bytes_goal": BYTES_GOAL, "kept": kept}
        print(json.dumps({"sizes": [asdict(at) for at in found], **goals}))
        return 0 if kept else 1
    for at in found:
        print(
            f"{at.waiting:>9} waiting: hand-over {at.hand_over_us:7.1f} µs of Redis, "
            f"head of the line {at.read_us:7.1f} µs, {at.bytes_a_call:6.0f} bytes a call"
        )
    print(f"a million against a hundred: {growth:.2f} times (goal {GROWTH_GOAL})")
    print(f"bytes a waiting call: {most_bytes:.0f} (goal {BYTES_GOAL})")
    print("goals kept" if kept else "goal missed")
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
