"""Jobs on RQ: a hint with our own ids, and nothing personal in anything RQ keeps of them."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import zlib
from collections.abc import Iterator

import pytest
import redis
from rq import SimpleWorker
from rq.serializers import JSONSerializer

from helpline.adapters.holdings import RedisHoldings
from helpline.adapters.redis.connection import connect
from helpline.adapters.redis.jobs import FAILURE_TTL_S, QUEUE, TTL_S, RqJobs, clear_after_the_dead
from helpline.cli.servers.redis import RedisServer
from helpline.domain.errors import LiveStateDown
from helpline.processes import jobs as entry
from helpline.processes.sweeps import SWEEP_JOB

NUMBER = "+33639980001"
CARRIER_ID = "CA" + "0123456789abcdef" * 2


@pytest.fixture
def raw(redis_server: RedisServer, redis_admin: redis.Redis) -> Iterator[redis.Redis]:
    """User `app` on the emptied server, giving bytes as RQ needs them."""
    with connect(redis_server.url_app, timeout_s=90.0, decode=False) as client:
        yield client


@pytest.fixture
def clock(redis_server: RedisServer, redis_admin: redis.Redis) -> Iterator[redis.Redis]:
    with connect(redis_server.url_clock, timeout_s=2.0, decode=False) as client:
        yield client


def _work(raw: redis.Redis) -> None:
    """A worker as `helpline run worker` makes it, until the queue is empty."""
    worker = SimpleWorker([QUEUE], connection=raw, serializer=JSONSerializer, log_job_description=False)
    worker.work(burst=True, logging_level="WARNING")


def _everything(clock: redis.Redis) -> bytes:
    """All keys, and all values in plain and inflated."""
    holdings = RedisHoldings(clock)
    return b"\n".join(h.identity + b" " + h.content for h in (*holdings(), *holdings.jobs()))


def test_a_job_waits_until_a_worker_has_done_it(raw: redis.Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    monkeypatch.setattr(entry, "KINDS", {SWEEP_JOB: lambda service: done.append("swept")})
    monkeypatch.setattr(entry, "_service", lambda: None)
    jobs = RqJobs(raw)

    jobs.enqueue(SWEEP_JOB)
    waited = jobs.is_empty()
    _work(raw)

    assert not waited
    assert done == ["swept"]
    assert jobs.is_empty()


def test_a_job_nobody_takes_is_gone_after_a_minute_at_most(raw: redis.Redis) -> None:
    RqJobs(raw).enqueue(SWEEP_JOB)

    assert 0 < raw.ttl(_only_job(raw)) <= TTL_S


def _only_job(raw: redis.Redis) -> bytes:
    (job_id,) = raw.lrange(f"rq:queue:{QUEUE}", 0, -1)
    return b"rq:job:" + job_id


def test_what_is_kept_of_a_job_is_its_kind_as_json(raw: redis.Redis) -> None:
    RqJobs(raw).enqueue(SWEEP_JOB, "a1b2")

    fields = raw.hgetall(_only_job(raw))

    assert fields[b"description"] == SWEEP_JOB.encode()
    assert zlib.decompress(fields[b"data"]) == (
        b'["helpline.processes.jobs.run", null, ["sweep_finished_calls", "a1b2"], {}]'
    )


def test_nothing_is_kept_of_a_job_that_was_done(
    raw: redis.Redis, clock: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(entry, "KINDS", {SWEEP_JOB: lambda service: None})
    monkeypatch.setattr(entry, "_service", lambda: None)
    RqJobs(raw).enqueue(SWEEP_JOB)

    _work(raw)

    assert RedisHoldings(clock).jobs() == []


def test_of_a_job_that_failed_only_type_and_place_are_kept(
    raw: redis.Redis, clock: redis.Redis, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(service: object) -> None:
        secret = f"{NUMBER} on {CARRIER_ID}"
        raise KeyError(secret)

    monkeypatch.setattr(entry, "KINDS", {SWEEP_JOB: fail})
    monkeypatch.setattr(entry, "_service", lambda: None)
    RqJobs(raw).enqueue(SWEEP_JOB)

    _work(raw)

    kept = _everything(clock) + caplog.text.encode()
    assert b"JobFailed: KeyError at processes/jobs.py" in kept
    for secret in (NUMBER, NUMBER[1:], CARRIER_ID):
        assert secret.encode() not in kept
    (job,) = RedisHoldings(clock).jobs()
    assert 0 < clock.ttl(job.identity) <= FAILURE_TTL_S


KILLED_AT_WORK = """
import os, signal, socket, sys
from rq import SimpleWorker
from rq.serializers import JSONSerializer
from helpline.adapters.redis.connection import connect
from helpline.adapters.redis.jobs import worker_name
from helpline.processes import jobs
jobs.KINDS = {"sweep_finished_calls": lambda service: os.kill(os.getpid(), signal.SIGKILL)}
jobs._service = lambda: None
client = connect(sys.argv[1], timeout_s=90.0, decode=False)
name = worker_name(socket.gethostname(), os.getpid(), "abc")
SimpleWorker(["helpline"], name=name, connection=client, serializer=JSONSerializer).work(burst=True)
"""


def killed_at_work(server: RedisServer, raw: redis.Redis) -> None:
    """A worker takes a job and is killed while it does it."""
    RqJobs(raw).enqueue(SWEEP_JOB)
    command = [sys.executable, "-c", KILLED_AT_WORK, server.url_app]
    assert subprocess.run(command, capture_output=True, timeout=30).returncode == -signal.SIGKILL


def test_what_a_killed_worker_left_half_done_is_cleared_by_the_next(
    redis_server: RedisServer, raw: redis.Redis, clock: redis.Redis
) -> None:
    """Chaos, seed 11: a job's hash outlived the last call by minutes."""
    killed_at_work(redis_server, raw)

    left = len(RedisHoldings(clock).jobs())
    others = clear_after_the_dead(raw, "another-host", lambda pid: False)
    alive = clear_after_the_dead(raw, socket.gethostname(), lambda pid: True)
    dead = clear_after_the_dead(raw, socket.gethostname(), lambda pid: False)

    assert (left, others, alive, dead) == (1, 0, 0, 1)
    assert RedisHoldings(clock).jobs() == []
    assert SimpleWorker.all(raw) == []


def test_so_it_is_where_redis_was_lost_after_that_worker_had_registered(
    redis_server: RedisServer, raw: redis.Redis, clock: redis.Redis, redis_admin: redis.Redis
) -> None:
    """Chaos, seed 42: a worker registers once. Killed in a job after a loss, it was in no list of workers."""
    killed_at_work(redis_server, raw)
    redis_admin.delete(*redis_admin.keys("rq:worker*"))

    clear_after_the_dead(raw, socket.gethostname(), lambda pid: False)

    assert RedisHoldings(clock).jobs() == []


def test_an_unknown_kind_fails_without_its_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entry, "_service", lambda: None)

    with pytest.raises(entry.JobFailed) as caught:
        entry.run(NUMBER)

    assert NUMBER not in str(caught.value)
    assert caught.value.__context__ is None


def test_redis_away_is_told_as_our_own_error() -> None:
    jobs = RqJobs(connect("unix://app:word@/nowhere/redis.sock", decode=False))

    with pytest.raises(LiveStateDown):
        jobs.enqueue(SWEEP_JOB)
    with pytest.raises(LiveStateDown):
        jobs.is_empty()
