"""What is stored of a call: reading every store, telling two moments apart, and finding a number in any form."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import redis
from sqlalchemy import Connection, insert

from helpline.adapters.holdings import CarrierHoldings, FileHoldings, RedisHoldings, SqlHoldings, plain
from helpline.adapters.memory_carrier import MemoryCarrier
from helpline.adapters.redis.connection import connect
from helpline.adapters.sql.engine import Database, make_engine
from helpline.adapters.sql.migrate import SqlMigrations
from helpline.adapters.sql.tables import psychologists, traffic
from helpline.cli.main import run
from helpline.cli.servers.redis import RedisServer
from helpline.cli.show_last_call import tell
from helpline.domain.holdings import About, Holding, find_number, number_forms
from helpline.ports import CarrierLeg, LegStatus
from helpline.services.show_stores import How, Stores, differences, read_stores, remember

NUMBER = "+33639980001"
CARRIER_ID = "CA" + "0123456789abcdef" * 2
CALL_ID = "0123456789abcdef" * 2


@pytest.fixture
def live(redis_server: RedisServer, redis_admin: redis.Redis) -> Iterator[RedisHoldings]:
    """A reader of the emptied server, as user `clock`."""
    with connect(redis_server.url_clock, timeout_s=2.0, decode=False) as client:
        yield RedisHoldings(client)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    found = Database(make_engine(database_url))
    SqlMigrations(found).upgrade()
    yield found
    found.close()


def _shown(holdings: list[Holding]) -> list[str]:
    return [holding.shown for holding in holdings]


def test_every_kind_of_redis_key_is_read_and_no_id_is_shown(
    live: RedisHoldings, redis_admin: redis.Redis
) -> None:
    redis_admin.set(f"sid:{CARRIER_ID}", f"c:{CALL_ID}")
    redis_admin.hset(
        f"call:{CALL_ID}", mapping={"stage": "talking", "leg": CARRIER_ID, "arrived_ms": "1795303640405"}
    )
    redis_admin.sadd("calls", CALL_ID)
    redis_admin.zadd("due", {f"ring:{CALL_ID}": 1795303640405})
    redis_admin.rpush("wake:effects", "x")
    redis_admin.xadd("rq:results:1", {"a": "b"})

    held = live()

    assert {holding.place for holding in held} == {"sid:", "call:", "calls", "due", "wake:", "rq:"}
    assert {holding.place for holding in held if holding.about is About.SERVICE} == {"wake:", "rq:"}
    shown = "\n".join(_shown(held))
    assert "sid:<carrier id> = c:<random id>" in shown
    assert "arrived_ms <instant>, leg <carrier id>, stage talking" in shown
    assert CARRIER_ID not in shown
    assert CALL_ID not in shown


def test_who_works_here_is_told_as_such_and_what_nobody_knows_counts_as_of_the_call(
    live: RedisHoldings, redis_admin: redis.Redis
) -> None:
    before = remember(live(), "key")
    redis_admin.hset("psy:p-vera", mapping={"state": "wrap_up"})
    redis_admin.set("tries:5f", 1)
    redis_admin.zadd("due", {"rest:p-vera": 1795303640405, "rest:p-bruno": 1795303640406.0})
    redis_admin.set("something:new", "x")

    lines = tell(before, Stores(tuple(live()), ()))

    assert lines[0] == "  Redis    new: something:new = x"
    assert lines[1] == (
        "           not of the call: of who works here (due: when her coding time ends; "
        "psy: who is free, and since when; tries: tries of signing in)"
    )


def test_a_row_of_a_call_among_what_is_due_is_shown(live: RedisHoldings, redis_admin: redis.Redis) -> None:
    redis_admin.zadd("due", {"rest:p-vera": 1795303640405, f"drop:{CALL_ID}": 1795303640406})

    (due,) = live()

    assert due.about is About.CALL
    assert "drop:<random id>" in due.shown


def test_jobs_are_inflated_before_they_are_searched(live: RedisHoldings, redis_admin: redis.Redis) -> None:
    job = {"data": zlib.compress(NUMBER.encode()), "description": "sweep", "status": "queued"}
    redis_admin.hset("rq:job:1", mapping=job)

    (held,) = live.jobs()

    assert held.shown == "sweep, queued"
    assert {form for _, form in find_number(NUMBER, [held])} >= {"E.164"}
    assert live() == []


def test_the_rows_of_every_table_are_read_and_people_are_not_shown(database: Database) -> None:
    def fill(connection: Connection) -> None:
        hour = datetime(2026, 6, 14, 1, tzinfo=UTC)
        connection.execute(insert(traffic).values(hour_utc=hour, measure="end_state", cls="spoke", n=3))
        person = {"id": "p1", "handle": "vera", "name": "Véra Morel", "skills": "", "position": 0}
        connection.execute(insert(psychologists).values(person))

    database.transaction(fill)

    held = {holding.place: holding for holding in SqlHoldings(database)()}

    assert held["traffic"].n == 3
    assert "measure=end_state, cls=spoke, n=3" in held["traffic"].shown
    assert held["psychologists"].shown == "a row that people edit"
    assert "Véra Morel".encode() in held["psychologists"].content
    assert held["psychologists"].about is About.PEOPLE
    assert held["traffic"].about is About.CALL


def test_files_are_read_with_their_size_but_for_those_left_out(tmp_path: Path) -> None:
    (tmp_path / "log").mkdir()
    (tmp_path / "log" / "web.log").write_text("hello")
    (tmp_path / "before.json").write_text("{}")

    (held,) = FileHoldings(tmp_path, without=("before.json",))()

    assert (held.place, held.shown, held.n) == ("log", "log/web.log, 5 bytes", 5)


def test_what_the_carrier_keeps_is_told_without_its_id() -> None:
    carrier = MemoryCarrier()
    carrier.legs[CARRIER_ID] = CarrierLeg(CARRIER_ID, True, LegStatus.COMPLETED, line="entraide")

    held = CarrierHoldings(carrier)()

    assert _shown(held) == ["the record of a caller's leg on line entraide, completed"]


def _held(identity: str, content: str, n: int | None = None) -> Holding:
    return Holding("SQL", "traffic", identity.encode(), content.encode(), content, n)


def test_only_what_is_new_or_changed_is_told_and_a_counter_by_how_much() -> None:
    before = remember([_held("same", "a"), _held("counter", "n=3", 3), _held("gone", "b")], "key")

    found = differences(before, [_held("same", "a"), _held("counter", "n=5", 5), _held("fresh", "n=1", 1)])

    assert [(d.how, d.holding.shown, d.more) for d in found] == [(How.CHANGED, "n=5", 2), (How.NEW, "n=1", 1)]


def test_what_is_kept_of_before_holds_no_data() -> None:
    before = remember([_held(NUMBER, NUMBER, 7)], "key")

    kept = json.dumps({"key": before.key, "held": before.held})

    as_holding = Holding("files", "", b"", kept.encode(), "")
    assert find_number(NUMBER, [as_holding]) == []


def test_two_snapshots_cannot_be_joined() -> None:
    one, other = (remember([_held("same", "a")], key) for key in ("one key", "another"))

    assert set(one.held).isdisjoint(other.held)


def test_a_store_that_is_down_is_named_and_the_others_are_read() -> None:
    def down() -> list[Holding]:
        return RedisHoldings(connect("unix://clock:x@/nowhere/redis.sock", decode=False))()

    stores = read_stores({"Redis": down, "SQL": lambda: [_held("a", "a")]})

    assert stores.down == ("Redis: does not answer",)
    assert len(stores.held) == 1


def test_without_a_snapshot_calls_cannot_be_told_apart() -> None:
    lines = tell(None, Stores((_held("a", "cls=spoke"), _held("b", "cls=spoke")), ()))

    assert "cannot be told apart" in lines[0]
    assert "  SQL      traffic: cls=spoke (× 2)" in lines
    assert "  carrier  nothing" in lines


@pytest.mark.parametrize(
    ("form", "planted"),
    [
        ("E.164", b"from +33639980001;"),
        ("national", b"0639980001"),
        ("spaced", b"06 39 98 00 01"),
        ("spaced", b"06.39.98.00.01"),
        ("url-encoded", b"From=%2B33639980001&"),
        ("url-encoded", b"From=%2b33639980001&"),
        ("integer", b"33639980001"),
        ("integer", b"\x00" + (33639980001).to_bytes(8, "big")),
        ("integer", (33639980001).to_bytes(8, "little") + b"\x00"),
        ("hex", b"2B3333363339393830303031"),
        *(("base64", base64.b64encode(b"x" * before + NUMBER.encode() + b" tail")) for before in range(6)),
        *(("base64", base64.b64encode(b"x" * before + b"0639980001")) for before in range(3)),
    ],
)
def test_a_number_is_found_in_every_form(form: str, planted: bytes) -> None:
    held = Holding("files", "log", b"log/web.log", b"before " + planted + b" after", "")

    assert form in {name for _, name in find_number(NUMBER, [held])}


def test_another_number_is_not_found() -> None:
    texts = (b"+33639980002", b"0639980010", base64.b64encode(b"+33639980011"), b"06 39 98 00 02")
    held = [Holding("files", "log", b"f", planted, "") for planted in texts]

    assert find_number(NUMBER, held) == []
    assert all(number_forms(NUMBER).values())


def test_what_is_shown_of_a_value_has_no_id_no_instant_and_an_end() -> None:
    assert plain(f"{CARRIER_ID} {CALL_ID} 1795303640405") == "<carrier id> <random id> <instant>"
    assert len(plain("word " * 100)) < 170


def test_with_nothing_running_the_command_names_every_store_that_is_down(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("HELPLINE_ENV_FILE", "HELPLINE_VAR_DIR"):
        monkeypatch.delenv(name, raising=False)

    status = run(["show-last-call"])

    assert status == 1
    assert "HELPLINE_REDIS_URL" in capsys.readouterr().err
