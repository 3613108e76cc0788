"""Readers of everything that keeps anything: each gives its content as bytes to search, whatever it really is.

Text is given twice, as UTF-8 and as Latin-1, so that bytes which somebody wrote into a text are found as bytes.
"""

from __future__ import annotations

import logging
import zlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import redis
import sqlalchemy as sa

from helpline.emulator import Control
from helpline.logs import QUIET

NOT_OF_A_CALL = {
    "alarms",
    "attack",
    "batch",
    "clock",
    "done",
    "due",
    "epoch",
    "lease",
    "psy",
    "psys",
    "rq",
    "stat",
    "tokens",
}
"""Kinds of keys that may stand in Redis when nobody calls."""


class EverySaying(logging.Handler):
    """Keeps what every logger says, before any scrubber: the message, its arguments, its traceback."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []
        self._plain = logging.Formatter("%(name)s %(levelname)s %(message)s")
        self._levels: dict[str, int] = {}

    def emit(self, record: logging.LogRecord) -> None:
        self.lines += [self._plain.format(record), *flat(record.args)]

    def __enter__(self) -> EverySaying:
        """Listen to all, with the libraries as quiet as in production."""
        root = logging.getLogger()
        self._levels = {name: logging.getLogger(name).level for name in ("", *QUIET)}
        root.addHandler(self)
        root.setLevel(logging.DEBUG)
        for name in QUIET:
            logging.getLogger(name).setLevel(logging.WARNING)
        return self

    def __exit__(self, *_: object) -> None:
        logging.getLogger().removeHandler(self)
        for name, level in self._levels.items():
            logging.getLogger(name).setLevel(level)


def flat(value: object) -> Iterator[str]:
    """Every text inside a value, at any depth; numbers as their decimal text."""
    if isinstance(value, bytes):
        yield value.decode("latin-1")
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from flat(key)
            yield from flat(item)
    elif isinstance(value, Iterable) and not isinstance(value, str):
        for item in value:
            yield from flat(item)
    elif value is not None:
        yield str(value)


def as_bytes(texts: Iterable[str]) -> bytes:
    text = "\n".join(texts)
    return text.encode("utf-8", "replace") + b"\n" + text.encode("latin-1", "replace")


def redis_content(raw: redis.Redis) -> dict[str, Any]:
    """Every key with its value, comparable. `raw` must give bytes and may read all keys."""
    return {key.decode("latin-1"): _value(raw, key) for key in sorted(raw.scan_iter(count=1000))}


def _value(raw: redis.Redis, key: bytes) -> object:
    kind = raw.type(key).decode()
    readers: dict[str, Any] = {
        "string": lambda: raw.get(key),
        "hash": lambda: dict(sorted(raw.hgetall(key).items())),
        "list": lambda: raw.lrange(key, 0, -1),
        "set": lambda: sorted(raw.smembers(key)),
        "zset": lambda: raw.zrange(key, 0, -1, withscores=True),
        "stream": lambda: raw.xrange(key),
    }
    # A kind that is not here raises: nothing is passed over in silence.
    return readers[kind]()


def redis_surfaces(raw: redis.Redis) -> dict[str, bytes]:
    """Keys and values as text, and each as Redis itself would write it to a disk."""
    content = redis_content(raw)
    dumps = [raw.dump(key) or b"" for key in raw.scan_iter(count=1000)]
    return {"Redis": as_bytes(flat(content)), "Redis, dumped": b"\n".join(dumps)}


def job_surfaces(raw: redis.Redis) -> dict[str, bytes]:
    """RQ's hashes with every compressed field inflated."""
    found: list[bytes] = []
    for key in raw.scan_iter(match="rq:job:*", count=1000):
        for name, value in raw.hgetall(key).items():
            found += [name, value, _inflated(value)]
    return {"jobs": b"\n".join(found)}


def _inflated(value: bytes) -> bytes:
    try:
        return zlib.decompress(value)
    except zlib.error:
        return b""


def sql_surfaces(engine: sa.Engine) -> dict[str, bytes]:
    """Every row of every table; with SQLite, also the raw bytes of the database, its WAL and its index of it."""
    tables = sa.MetaData()
    tables.reflect(engine)
    with engine.connect() as db:
        rows = [tuple(row) for table in tables.sorted_tables for row in db.execute(sa.select(table))]
    surfaces = {"SQL rows": as_bytes(flat(rows))}
    if engine.dialect.name == "sqlite":
        base = Path(str(engine.url.database))
        surfaces |= file_surfaces(path for path in base.parent.glob(f"{base.name}*"))
    return surfaces


def file_surfaces(paths: Iterable[Path]) -> dict[str, bytes]:
    return {f"file {path.name}": path.read_bytes() for path in sorted(paths) if path.is_file()}


def carrier_surfaces(control: Control) -> dict[str, bytes]:
    """What we gave the carrier to keep or to show: its debugger's lines and the URLs it was told to ask for.

    Not what it knows by itself: whom it connected, and with an alert the variables of its own request.
    """
    alerts = [
        {k: v for k, v in alert.items() if k not in ("variables", "leg_sid", "sid")}
        for alert in control.alerts()
    ]
    log = control.log()
    asked = [
        [record[name] for name in ("url", "path") if name in record]
        for record in log
        if record["kind"] != "rest"
    ]
    heard = [record["text"] for record in log if record["kind"] == "sound"]
    rooms = [record["room"] for record in log if record["kind"] == "room"]
    orders = [record["params"] for record in log if record["kind"] == "rest" and record["method"] != "GET"]
    return {
        "alerts": as_bytes(flat(alerts)),
        "URLs": as_bytes(flat(asked)),
        "what is spoken and what rooms are called": as_bytes(flat([heard, rooms])),
        "parameters of our orders": as_bytes(flat(orders)),
    }


def log_surfaces(sayings: EverySaying) -> dict[str, bytes]:
    return {"logs": as_bytes(sayings.lines)}
