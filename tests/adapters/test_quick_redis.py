"""The client of processes that answer callers: a connection a thread, one quick retry, no answer taken for another's."""

from __future__ import annotations

import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import redis

from helpline.adapters.redis.connection import connect
from helpline.cli.servers.redis import RedisServer


def _connections(admin: redis.Redis) -> set[str]:
    return {str(one["id"]) for one in admin.client_list() if one["user"] == "app"}


def test_a_thread_keeps_one_connection_and_shares_it_with_no_other(
    redis_server: RedisServer, redis_admin: redis.Redis
) -> None:
    before = _connections(redis_admin)
    together = threading.Barrier(4)

    def ask(client: redis.Redis) -> set[int]:
        together.wait(5)
        return _ids(client)

    with connect(redis_server.url_app) as client, ThreadPoolExecutor(4) as pool:
        seen = list(pool.map(lambda _: ask(client), range(4)))
        made = _connections(redis_admin) - before

    assert len(made) == 4
    assert all(len(ids) == 1 for ids in seen)
    assert len(set().union(*seen)) == 4


def _ids(client: redis.Redis) -> set[int]:
    """Of the connections that twenty commands of this thread went over."""
    return {int(dict(client.client_info())["id"]) for _ in range(20)}


def test_a_connection_that_the_server_has_ended_is_made_anew_unnoticed(
    redis_server: RedisServer, redis_admin: redis.Redis
) -> None:
    with connect(redis_server.url_app) as client:
        client.set("call:a", "1")
        for one in _connections(redis_admin):
            redis_admin.client_kill_filter(_id=one)

        assert client.get("call:a") == "1"


def test_an_answer_that_comes_too_late_is_nobody_elses(
    redis_server: RedisServer, redis_admin: redis.Redis
) -> None:
    with connect(redis_server.url_app, timeout_s=0.1) as client:
        client.set("call:a", "a")
        client.set("call:b", "b")
        redis_admin.client_pause(500, all=True)
        with pytest.raises(redis.TimeoutError):
            client.get("call:a")
        time.sleep(0.6)

        assert client.get("call:b") == "b"


def test_a_child_does_not_speak_over_its_parents_connection(
    redis_server: RedisServer, redis_admin: redis.Redis
) -> None:
    with connect(redis_server.url_app) as client:
        parents = _ids(client)
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                os.write(writer, str(_ids(client).pop()).encode())
            finally:
                os._exit(0)  # whatever happens: the rest of the tests is the parent's
        os.close(writer)
        os.waitpid(child, 0)
        said = os.read(reader, 64)
        os.close(reader)

        assert int(said) not in parents
        assert _ids(client) == parents


def test_an_error_of_the_server_leaves_the_connection_as_it_is(redis_app: redis.Redis) -> None:
    redis_app.set("call:a", "text")
    before = _ids(redis_app)

    with pytest.raises(redis.ResponseError):
        redis_app.hgetall("call:a")

    assert redis_app.get("call:a") == "text"
    assert _ids(redis_app) == before
