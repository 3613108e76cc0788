"""A client whose every thread keeps its own connection, for processes that answer callers.

The library takes a connection out of its pool for each command, looks whether it is still good, puts it back and keeps
statistics nobody reads: more than the command itself costs (`benchmarks/switchboard`). Here a command is sent and its
answer read. What a pool is for stays: connections are made by it, ended with it, and a child never uses its parent's.
"""

from __future__ import annotations

import os
from threading import local
from typing import Protocol, cast

import redis
from redis.exceptions import ConnectionError as RedisGone
from redis.exceptions import TimeoutError as RedisSlow


class Connection(Protocol):
    """What is used of the library's connections, which carry no types."""

    def pack_command(self, *args: object) -> list[bytes]: ...

    def send_packed_command(self, command: list[bytes], check_health: bool) -> None: ...

    def disconnect(self) -> None: ...


class _Parsing(Protocol):
    def parse_response(self, connection: Connection, command_name: object, **options: object) -> object: ...


class QuickRedis(redis.Redis):
    """`redis.Redis` with a connection a thread. Pipelines and subscriptions go the library's own way."""

    def execute_command(self, *args: object, **options: object) -> object:
        """One command, tried once more on a new connection if this one fails. Raises redis.exceptions.RedisError.

        After a failure the connection is ended, so that no late answer is taken for another's.
        """
        connection = self._mine()
        try:
            return self._asked(connection, args, options)
        except (RedisGone, RedisSlow):
            connection.disconnect()
        return self._asked(connection, args, options)

    def _asked(self, connection: Connection, args: tuple[object, ...], options: dict[str, object]) -> object:
        connection.send_packed_command(connection.pack_command(*args), check_health=False)
        return cast("_Parsing", self).parse_response(connection, args[0], **options)

    def _mine(self) -> Connection:
        """This thread's connection, in this process: after a fork the parent's is left alone."""
        kept = self._of_threads()
        if getattr(kept, "process", None) != os.getpid():
            kept.process, kept.connection = os.getpid(), self.connection_pool.get_connection()
        return cast("Connection", kept.connection)

    def _of_threads(self) -> local:
        return cast("local", self.__dict__.setdefault("_kept_by_threads", local()))
