"""The search itself is tried first: whatever is planted, in every form and every place, must be found."""

from __future__ import annotations

import base64
import json
import logging
import zlib
from collections.abc import Callable, Iterator, Mapping

import pytest
import redis
import sqlalchemy as sa
from rq import Queue
from rq.serializers import JSONSerializer

from helpline.adapters.redis.connection import connect
from helpline.adapters.sql.engine import make_engine
from helpline.cli.servers.redis import RedisServer
from helpline.emulator import Carrier, CarrierSettings, Control
from helpline.emulator.state import Alert
from helpline.emulator.web import WsgiTransport
from tests.leak import surfaces
from tests.leak.needles import forms_of_id, forms_of_number, of_id, of_number, search

pytestmark = pytest.mark.leak

NUMBER = "+33639980077"
LEG = "CA" + "5d41402abc4b2a76b9719d911017c592"
FORMS = {
    **{f"number, {f}": t for f, t in forms_of_number(NUMBER).items()},
    **{f"id, {f}": t for f, t in forms_of_id(LEG).items()},
}
NEEDLES = (*of_number(NUMBER, "number"), *of_id(LEG, "id"))

Surface = tuple[Callable[[bytes], None], Callable[[], Mapping[str, bytes]]]


def found(content: Mapping[str, bytes]) -> set[str]:
    return {hit.partition(" in ")[0] for hit in search(NEEDLES, content)}


@pytest.fixture
def raw(redis_server: RedisServer, redis_admin: redis.Redis) -> Iterator[redis.Redis]:
    assert redis_server.url_admin is not None
    with connect(redis_server.url_admin, decode=False, timeout_s=2.0) as client:
        yield client


@pytest.fixture
def control() -> Control:
    return Control(Carrier(CarrierSettings(), WsgiTransport({})))


@pytest.fixture
def places(raw: redis.Redis, control: Control, database_url: str) -> Iterator[dict[str, Surface]]:
    """By name: how to plant bytes somewhere, and the reader that must show them."""
    engine = make_engine(database_url)
    meta = sa.MetaData()
    table = sa.Table("planted", meta, sa.Column("blob", sa.LargeBinary), sa.Column("words", sa.String))
    meta.create_all(engine)
    held = engine.connect()
    world = control._carrier.world
    log = logging.getLogger("helpline.planted")

    def row(values: dict[str, object]) -> None:
        held.execute(sa.insert(table).values(values))
        held.commit()

    def alert(text: bytes) -> None:
        world.alerts.append(Alert("NO0", 1, 11200, "error", 0, "", "", text.decode("latin-1")))

    def job(text: bytes) -> None:
        raw.hset("rq:job:planted", mapping={"data": zlib.compress(text)})

    def url(text: bytes) -> None:
        world.log.add("document", url=f"https://voix.test/{text.decode('latin-1')}", path="/")

    with surfaces.EverySaying() as sayings:
        yield {
            "a Redis string": (lambda t: _put(raw.set("planted", t)), lambda: surfaces.redis_surfaces(raw)),
            "a Redis key": (
                lambda t: _put(raw.set(b"call:" + t, b"1")),
                lambda: surfaces.redis_surfaces(raw),
            ),
            "a Redis hash": (lambda t: _put(raw.hset("h", "f", t)), lambda: surfaces.redis_surfaces(raw)),
            "a Redis field": (lambda t: _put(raw.hset("g", t, "1")), lambda: surfaces.redis_surfaces(raw)),
            "a Redis list": (lambda t: _put(raw.rpush("l", t)), lambda: surfaces.redis_surfaces(raw)),
            "a Redis set": (lambda t: _put(raw.sadd("s", t)), lambda: surfaces.redis_surfaces(raw)),
            "a Redis sorted set": (
                lambda t: _put(raw.zadd("z", {t: 1})),
                lambda: surfaces.redis_surfaces(raw),
            ),
            "a Redis stream": (
                lambda t: _put(raw.xadd("x", {b"f": t})),
                lambda: surfaces.redis_surfaces(raw),
            ),
            "a job": (job, lambda: surfaces.job_surfaces(raw)),
            "a row": (lambda t: row({"blob": t}), lambda: surfaces.sql_surfaces(engine)),
            "a log line": (
                lambda t: log.info("%s", t.decode("latin-1")),
                lambda: surfaces.log_surfaces(sayings),
            ),
            "an alert": (alert, lambda: surfaces.carrier_surfaces(control)),
            "a URL": (url, lambda: surfaces.carrier_surfaces(control)),
        }
    held.close()
    engine.dispose()


def _put(_: object) -> None:
    """What a Redis command answers does not matter here."""


PLACES = (
    *("a Redis string", "a Redis key", "a Redis hash", "a Redis field", "a Redis list", "a Redis set"),
    *("a Redis sorted set", "a Redis stream", "a job", "a row", "a log line", "an alert", "a URL"),
)


@pytest.mark.parametrize("place", PLACES)
def test_every_form_planted_in_a_place_is_found_there_and_nothing_was_found_before(
    place: str, places: dict[str, Surface]
) -> None:
    assert set(places) == set(PLACES)
    plant, read = places[place]
    assert found(read()) == set()
    missed = []
    seen: set[str] = set()
    for name, text in FORMS.items():
        plant(text)
        now = found(read())
        whose, _, form = name.partition(", ")
        if f"{whose} as {form}" not in now:
            missed.append(name)
        seen |= now
    assert missed == []
    assert len(seen) == len(FORMS)


def test_a_digits_only_member_that_redis_keeps_as_an_integer_is_found(raw: redis.Redis) -> None:
    raw.sadd("numbers", 33639980077)
    raw.zadd("scores", {"x": 639980077})

    assert {"number as bare"} <= found({"set": surfaces.redis_surfaces(raw)["Redis"]})
    raw.delete("numbers")
    assert {"number as bare"} <= found({"score": surfaces.redis_surfaces(raw)["Redis"]})


def test_a_number_that_sqlite_or_postgres_keeps_as_an_integer_is_found(database_url: str) -> None:
    engine = make_engine(database_url)
    table = sa.Table("planted", sa.MetaData(), sa.Column("n", sa.BigInteger))
    table.create(engine)
    with engine.begin() as db:
        db.execute(sa.insert(table).values(n=33639980077))
    hits = search(NEEDLES, surfaces.sql_surfaces(engine))
    engine.dispose()

    assert "number as bare in SQL rows" in hits
    if engine.dialect.name == "sqlite":
        assert any("6 bytes big 33… in file" in hit for hit in hits)


def test_a_number_in_the_wal_is_found_before_it_reaches_the_file(database_url: str) -> None:
    engine = make_engine(database_url)
    table = sa.Table("planted", sa.MetaData(), sa.Column("words", sa.String))
    table.create(engine)
    with engine.connect() as db:
        db.execute(sa.insert(table).values(words="0639980077"))
        db.commit()
        places = {hit.partition(" in ")[2] for hit in search(NEEDLES, surfaces.sql_surfaces(engine))}
    engine.dispose()

    assert "SQL rows" in places
    if engine.dialect.name == "sqlite":
        assert any(place.endswith("-wal") for place in places)


def test_an_argument_of_a_real_job_is_found_only_once_it_is_inflated(raw: redis.Redis) -> None:
    job = Queue("helpline", connection=raw, serializer=JSONSerializer).enqueue(
        "helpline.nothing", "0639980077" * 3
    )

    assert found(surfaces.job_surfaces(raw)) >= {"number as national"}
    assert b"639980077" not in raw.hget(f"rq:job:{job.id}", "data")


def test_a_number_in_a_traceback_or_an_argument_of_a_log_call_is_found() -> None:
    log = logging.getLogger("helpline.planted")
    with surfaces.EverySaying() as sayings:
        log.info("nothing to see")
        assert found(surfaces.log_surfaces(sayings)) == set()
        try:
            {"": ""}["0639980077"]
        except KeyError:
            log.exception("failed")
        assert "number as national" in found(surfaces.log_surfaces(sayings))


@pytest.mark.parametrize("alignment", range(3))
def test_a_number_deep_inside_an_encoded_text_is_found_at_every_alignment(alignment: int) -> None:
    text = json.dumps({"x": "y" * alignment, "from": NUMBER, "to": "z"}).encode()

    assert any("base64" in hit for hit in search(NEEDLES, {"a token": base64.b64encode(text)}))
    assert any("hexadecimal" in hit for hit in search(NEEDLES, {"a token": text.hex().encode()}))


def test_other_numbers_and_other_ids_are_not_found() -> None:
    # One that differs in its last digit looks the same at one alignment of base64: no matter, any hit is a leak.
    strangers = [*forms_of_number("+33639981177").values(), *forms_of_id("CA" + "ab" * 16).values()]

    assert search(NEEDLES, {"strangers": b"\n".join(strangers)}) == []
