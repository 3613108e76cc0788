"""What the waiting line costs Redis: a hand-over with 100, 10,000 and 1,000,000 who wait, and bytes of each."""

from __future__ import annotations

from dataclasses import dataclass

import redis

from helpline.adapters.redis.connection import connect
from helpline.cli.servers.redis import plan_redis, start_redis
from helpline.domain.offer import Claim
from tests.adapters.live_state import Person, World

SIZES = (100, 10_000, 1_000_000)
FREE, ROUNDS = 10, 5
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


def of_all_sizes() -> list[At]:
    """One after the other in one server of its own."""
    server = start_redis(plan_redis(admin=True))
    try:
        assert server.url_admin is not None
        with connect(server.url_admin, timeout_s=60.0) as client:
            client.config_set("maxmemory", 0)
            found = [measured(client, size) for size in SIZES]
            client.flushall()
    finally:
        server.stop()
    return found
