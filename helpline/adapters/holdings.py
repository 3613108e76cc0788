"""Readers of every store, for `services/show_stores.py`: Redis and its jobs, SQL, files, the carrier.

They read everything a store holds, for the search; what they show has ids blanked.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Final

import redis
from sqlalchemy import Connection, Row, Table, select

from helpline.adapters.redis.keys import APP_KEY_PREFIXES, APP_READ_ONLY_KEYS
from helpline.adapters.redis.scripts import guarded
from helpline.adapters.sql.columns import DataClass
from helpline.adapters.sql.engine import Database
from helpline.adapters.sql.tables import metadata
from helpline.domain.holdings import About, Holding
from helpline.ports import Carrier, CarrierLeg

STANDING: Final = frozenset(
    {"epoch", "due:", "wake:", "lease:", "tokens", "rq:", "clock:", "stat:", "batch:", "psys", "done:"}
)
"""Key classes of the service itself."""

OF_PEOPLE: Final = frozenset({"psy:", "tries:"})
"""Key classes of who works here: presence (it tells that somebody talked, not with whom), tries of signing in."""

JOB: Final = "rq:job:"
_RESTS: Final = re.compile(rb"(rest:[^,]+, [\d.]+(, )?)+")
"""Nothing is due but ends of coding times."""

_DATABASE: Final = re.compile(r"\.db(-wal|-shm|-journal)?$")
_OF_CALLS: Final = {DataClass.TRAFFIC.value, DataClass.CONTENT.value}
_OF_PEOPLE: Final = {
    DataClass.STAFF.value,
    DataClass.PRIVATE.value,
    DataClass.SETTING.value,
    DataClass.PUBLIC.value,
}
_SHOWN_CLASSES: Final = {DataClass.TRAFFIC.value, DataClass.CONTENT.value, DataClass.TECHNICAL.value}
_HEX_ID: Final = re.compile(r"[0-9a-f]{16,}")
_CARRIER_ID: Final = re.compile(r"[A-Z]{2}[0-9a-f]{32}")
_INSTANT: Final = re.compile(r"\b\d{13}(\.\d+)?\b")
_LONGEST_SHOWN: Final = 160


def plain(text: str) -> str:
    """A value fit to print: ids, instants and long texts replaced by what they are."""
    text = _CARRIER_ID.sub("<carrier id>", text)
    text = _INSTANT.sub("<instant>", _HEX_ID.sub("<random id>", text))
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"


class RedisHoldings:
    """Every key but jobs. `client`: user `clock` (the only one that may SCAN), bytes."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client

    def __call__(self) -> list[Holding]:
        """Raises LiveStateDown."""
        return [self._holding(key) for key in self._keys() if not key.startswith(JOB.encode())]

    def jobs(self) -> list[Holding]:
        """What RQ keeps of jobs, inflated: arguments, result, traceback. Raises LiveStateDown."""
        return [self._job(key) for key in self._keys() if key.startswith(JOB.encode())]

    def _keys(self) -> list[bytes]:
        return sorted(guarded(lambda: [_bytes(key) for key in self._client.scan_iter(count=500)]))

    def _holding(self, key: bytes) -> Holding:
        name = key.decode(errors="replace")
        kind, content = self._value(key)
        place = _key_class(name)
        about = _about_key(name, place, content)
        value = f"= {plain(content.decode(errors='replace'))}" if about is About.CALL else f"({kind})"
        return Holding("Redis", place, key, content, f"{plain(name)} {value}", about=about)

    def _job(self, key: bytes) -> Holding:
        fields = _pairs(guarded(lambda: self._client.hgetall(key)))
        inflated = {name: _inflate(value) for name, value in fields.items()}
        content = b"\n".join(name + b"=" + value for name, value in sorted(inflated.items()))
        kind = inflated.get(b"description", b"?").decode(errors="replace")
        state = inflated.get(b"status", b"?").decode(errors="replace")
        return Holding("jobs", JOB, key, content, f"{plain(kind)}, {plain(state)}", about=About.SERVICE)

    def _value(self, key: bytes) -> tuple[str, bytes]:
        """(type, all of it as text); a key that went away in between is empty."""
        client = self._client
        kind = _bytes(guarded(lambda: client.type(key))).decode()
        reads: dict[str, Callable[[], object]] = {
            "string": lambda: client.get(key),
            "hash": lambda: client.hgetall(key),
            "set": lambda: client.smembers(key),
            "zset": lambda: client.zrange(key, 0, -1, withscores=True),
            "list": lambda: client.lrange(key, 0, -1),
            "stream": lambda: client.xrange(key),
        }
        read = reads.get(kind)
        return kind, b"" if read is None else _flat(guarded(read))


class SqlHoldings:
    """Every row of every table."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def __call__(self) -> list[Holding]:
        """Raises DatabaseDown."""
        return self._database.transaction(_rows)


def _rows(connection: Connection) -> list[Holding]:
    return [
        _row(table, row)
        for table in metadata.sorted_tables
        for row in connection.execute(select(table)).all()
    ]


def _row(table: Table, row: Row[tuple[object, ...]]) -> Holding:
    values: Mapping[str, object] = row._asdict()
    keys = [column.name for column in table.primary_key]
    shown = [
        f"{name}={_sql_value(value)}"
        for name, value in values.items()
        if table.columns[name].info["class"] in _SHOWN_CLASSES
    ]
    n = values.get("n")
    return Holding(
        store="SQL",
        place=table.name,
        identity=_flat([values[key] for key in keys]),
        content=_flat(values),
        shown=", ".join(shown) or "a row that people edit",
        n=n if isinstance(n, int) else None,
        about=_about_table(table),
    )


def _about_table(table: Table) -> About:
    """By the classes of its columns; every sweep raises the number of `sweep_state`."""
    if table.name == "sweep_state":
        return About.SERVICE
    classes = {column.info["class"] for column in table.columns}
    return About.PEOPLE if classes & _OF_PEOPLE and not classes & _OF_CALLS else About.CALL


def _sql_value(value: object) -> str:
    return f"<{len(value)} bytes>" if isinstance(value, bytes) else plain(str(value))


class FileHoldings:
    """Every file under `folder`. One that cannot be read is shown as such and searched in vain."""

    def __init__(self, folder: Path, *, without: Iterable[str] = ()) -> None:
        self._folder = folder
        self._without = frozenset(without)

    def __call__(self) -> list[Holding]:
        found = []
        for file in sorted(self._folder.rglob("*")):
            name = str(file.relative_to(self._folder))
            if file.is_file() and name not in self._without:
                content = _read(file)
                shown = f"{name}, {len(content)} bytes"
                place = name.partition("/")[0]
                # What the database holds is read as rows; its files are searched all the same.
                about = About.SERVICE if _DATABASE.search(name) else About.CALL
                found.append(Holding("files", place, name.encode(), content, shown, len(content), about))
        return found


class CarrierHoldings:
    """Every leg the carrier keeps a record of, live or finished, stripped as always."""

    def __init__(self, carrier: Carrier) -> None:
        self._carrier = carrier

    def __call__(self) -> list[Holding]:
        """Raises CarrierDown."""
        return [_leg(leg) for leg in (*self._carrier.live_legs(), *self._carrier.finished_legs())]


def _leg(leg: CarrierLeg) -> Holding:
    way = f"a caller's leg on line {leg.line}" if leg.inbound else "a leg of ours to a psychologist"
    state = leg.status.value
    return Holding("carrier", "calls", leg.leg_id.encode(), state.encode(), f"the record of {way}, {state}")


def _about_key(name: str, place: str, content: bytes) -> About:
    if place in OF_PEOPLE or (place == "due" and _RESTS.fullmatch(content)):
        return About.PEOPLE
    return About.SERVICE if place in STANDING or name in APP_READ_ONLY_KEYS else About.CALL


def _key_class(name: str) -> str:
    known = (*APP_KEY_PREFIXES, *APP_READ_ONLY_KEYS, "batch:")
    fitting = [entry for entry in known if name == entry or (entry.endswith(":") and name.startswith(entry))]
    return max(fitting, key=len, default="other")


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError:
        return b""


def _inflate(value: bytes) -> bytes:
    """RQ compresses arguments and tracebacks; what is not compressed comes back as it is."""
    try:
        return zlib.decompress(value)
    except zlib.error:
        return value


def _pairs(found: object) -> dict[bytes, bytes]:
    return {_bytes(name): _bytes(value) for name, value in found.items()} if isinstance(found, dict) else {}


def _bytes(value: object) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()


def _flat(value: object) -> bytes:
    """Everything in a nested value, in one order, readable."""
    if isinstance(value, dict):
        return b", ".join(sorted(_flat(name) + b" " + _flat(inner) for name, inner in value.items()))
    if isinstance(value, set | frozenset):
        return b", ".join(sorted(_flat(inner) for inner in value))
    if isinstance(value, list | tuple):
        return b", ".join(_flat(inner) for inner in value)
    return b"" if value is None else _bytes(value)
