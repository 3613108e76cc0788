"""A fiche from the bridge to the sealed row, on real Redis and a real database."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
import redis
from sqlalchemy import select

from helpline.adapters.memory import SeededChance
from helpline.adapters.redis.fiches import RedisBatchKeys, RedisOpenFiches
from helpline.adapters.sealing import BatchSealer
from helpline.adapters.sealing_format import CIPHERTEXT_BYTES
from helpline.adapters.sql.engine import Database, make_engine
from helpline.adapters.sql.fiches import SqlSealedFiches
from helpline.adapters.sql.migrate import SqlMigrations
from helpline.adapters.sql.tables import batches, sealed_fiches
from helpline.domain.errors import DatabaseDown, FicheRefused, LiveStateDown
from helpline.ports import BatchKey, SealedFiche
from helpline.services.close_fiche import close_fiche
from helpline.services.note_fiche import FicheAnswer, note_fiche, open_fiche
from helpline.services.open_batch import open_batch
from helpline.services.seal_fiche import RETRY_MS, SealFiches
from tests.crash import Crash, CrashPoint

T0 = 1_795_000_000_000
SEAL_AFTER = 600_000


@dataclass
class Desk:
    """One psychologist's desk, the clock's drawer, and what is stored."""

    fiches: RedisOpenFiches
    app: redis.Redis
    clock: redis.Redis
    database: Database
    admin: redis.Redis
    chance: SeededChance = field(default_factory=lambda: SeededChance(1))

    def sealing(self, point: CrashPoint | None = None) -> SealFiches:
        point = point or CrashPoint()
        return SealFiches(
            point.around(self.fiches, "drop"),
            RedisBatchKeys(self.app),
            point.around(SqlSealedFiches(self.database), "put"),
            BatchSealer(),
        )

    def open_batch(self) -> BatchKey:
        stored = SqlSealedFiches(self.database)
        return open_batch(RedisBatchKeys(self.clock), stored, BatchSealer(), self.chance, T0)

    def open(self, call: str = "call", who: str = "vera", now_ms: int = T0) -> str | None:
        return open_fiche(self.fiches, self.chance, call, who, now_ms)

    def opened(self) -> str:
        """The id of a fiche just opened."""
        fiche = self.open()
        assert fiche is not None
        return fiche

    def left_in_ram(self) -> set[str]:
        """Keys of fiches; looked at with more rights than what is under test has."""
        return set(self.admin.keys("fiche*"))

    def over(self, ended_ms: int = T0, call: str = "call") -> None:
        self.fiches.call_is_over(call, ended_ms, ended_ms + SEAL_AFTER)

    def stored(self) -> list[object]:
        """What the clock can read of what is stored: the codes, None for *non codé*."""
        rows = self.database.transaction(lambda c: c.execute(select(sealed_fiches)).all())
        keys = RedisBatchKeys(self.clock)
        found = []
        for row in rows:
            private_hex = keys.private_hex(row.batch_id)
            assert private_hex is not None
            sealed = SealedFiche(row.id, row.batch_id, row.ciphertext)
            found.append(json.loads(BatchSealer().open(sealed, private_hex))["codes"])
        return found


@pytest.fixture
def desk(
    redis_admin: redis.Redis, redis_app: redis.Redis, redis_clock: redis.Redis, database_url: str
) -> Iterator[Desk]:
    database = Database(make_engine(database_url))
    SqlMigrations(database).upgrade()
    yield Desk(RedisOpenFiches(redis_app), redis_app, redis_clock, database, redis_admin)
    database.close()


CODED = {"issue": "termine", "proposals": [["asso", None, "retenue"], ["cdom", None, "refusee"]]}


def test_a_coded_fiche_is_sealed_as_coded_and_leaves_ram(desk: Desk) -> None:
    desk.open_batch()
    fiche = desk.opened()
    assert note_fiche(desk.fiches, fiche, "vera", CODED, T0).answer is FicheAnswer.DONE
    desk.over()

    assert desk.sealing().seal_due(T0 + SEAL_AFTER - 1) == 0
    assert desk.sealing().seal_due(T0 + SEAL_AFTER) == 1

    assert desk.stored() == [CODED]
    assert desk.left_in_ram() == set()


def test_a_talk_that_was_never_coded_is_sealed_as_not_coded(desk: Desk) -> None:
    desk.open_batch()
    fiche = desk.opened()
    note_fiche(desk.fiches, fiche, "vera", {"no_orientation": True}, T0)
    desk.over()

    desk.sealing().seal_due(T0 + SEAL_AFTER)

    assert desk.stored() == [None]


def test_opening_twice_is_one_fiche(desk: Desk) -> None:
    assert desk.open() == desk.open()


def test_a_colleague_who_takes_over_in_mid_call_takes_over_the_fiche(desk: Desk) -> None:
    fiche = desk.opened()
    note_fiche(desk.fiches, fiche, "vera", CODED, T0)
    close_fiche(desk.fiches, fiche, "vera", T0)

    assert desk.open(who="bruno") == fiche

    assert note_fiche(desk.fiches, fiche, "vera", {"level": None}, T0).answer is FicheAnswer.NOT_YOURS
    noted = note_fiche(desk.fiches, fiche, "bruno", {"no_orientation": False}, T0)
    assert noted.answer is FicheAnswer.DONE
    assert noted.fiche is not None
    assert noted.fiche.is_coded


def test_closing_in_mid_call_waits_for_its_end(desk: Desk) -> None:
    fiche = desk.opened()
    assert close_fiche(desk.fiches, fiche, "vera", T0) is FicheAnswer.DONE

    assert desk.sealing().next_seal() is None
    assert note_fiche(desk.fiches, fiche, "vera", CODED, T0).answer is FicheAnswer.CLOSED
    desk.over(T0 + 5)

    assert desk.sealing().next_seal() == T0 + 5


def test_closing_after_the_call_seals_at_once(desk: Desk) -> None:
    fiche = desk.opened()
    desk.over()
    assert desk.sealing().next_seal() == T0 + SEAL_AFTER

    close_fiche(desk.fiches, fiche, "vera", T0 + 7)

    assert desk.sealing().next_seal() == T0 + 7


def test_the_second_news_of_the_end_changes_nothing(desk: Desk) -> None:
    desk.opened()
    desk.over()
    desk.over(T0 + 60_000)

    assert desk.sealing().next_seal() == T0 + SEAL_AFTER


def test_what_is_due_may_not_be_edited_any_more(desk: Desk) -> None:
    fiche = desk.opened()
    desk.over()

    late = note_fiche(desk.fiches, fiche, "vera", CODED, T0 + SEAL_AFTER)

    assert late.answer is FicheAnswer.CLOSED


def test_two_tabs_do_not_overwrite_each_other(desk: Desk) -> None:
    fiche = desk.opened()
    stale = desk.fiches.read(fiche)
    assert stale is not None
    note_fiche(desk.fiches, fiche, "vera", {"issue": "termine"}, T0)

    assert not desk.fiches.write(stale, "{}", T0)
    note_fiche(desk.fiches, fiche, "vera", {"no_orientation": True}, T0)

    now = desk.fiches.read(fiche)
    assert now is not None
    assert json.loads(now.codes) == {"issue": "termine", "no_orientation": True}


def test_an_unknown_code_is_refused_and_nothing_changes(desk: Desk) -> None:
    fiche = desk.opened()

    with pytest.raises(FicheRefused):
        note_fiche(desk.fiches, fiche, "vera", {"issue": "Dupont"}, T0)

    now = desk.fiches.read(fiche)
    assert now is not None
    assert now.codes == "{}"


def test_late_news_of_a_call_whose_fiche_is_sealed_opens_no_second_one(desk: Desk) -> None:
    desk.open_batch()
    desk.app.hset("call:call", "stage", "ended")
    desk.opened()
    desk.over()
    desk.sealing().seal_due(T0 + SEAL_AFTER)

    assert desk.open() is None


def test_her_open_fiches_are_found_by_her_id(desk: Desk) -> None:
    first, second = desk.open("one"), desk.open("two")
    desk.open("three", who="bruno")
    desk.over(call="two")

    assert [fiche.fiche_id for fiche in desk.fiches.of_psychologist("vera")] == [second, first]


def test_without_a_batch_fiches_wait(desk: Desk) -> None:
    desk.opened()
    desk.over()
    sealing = desk.sealing()

    assert sealing.seal_due(T0 + SEAL_AFTER) == 0
    assert sealing.next_seal() == T0 + SEAL_AFTER + RETRY_MS

    desk.open_batch()
    assert sealing.seal_due(T0 + SEAL_AFTER + RETRY_MS) == 1


def test_sql_away_keeps_the_fiche_in_ram_and_tries_again(desk: Desk) -> None:
    desk.open_batch()
    desk.opened()
    desk.over()
    away = SealFiches(desk.fiches, RedisBatchKeys(desk.app), _Away(), BatchSealer())

    with pytest.raises(DatabaseDown):
        away.seal_due(T0 + SEAL_AFTER)

    assert away.next_seal() == T0 + SEAL_AFTER + RETRY_MS
    assert desk.sealing().seal_due(T0 + SEAL_AFTER + RETRY_MS) == 1


class _Away:
    def ensure_batch(self, key: BatchKey) -> None:
        raise DatabaseDown("sql: away")

    def put(self, sealed: SealedFiche) -> bool:
        raise DatabaseDown("sql: away")


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("at", [1, 2, 3, 4])
def test_dying_while_sealing_stores_each_fiche_once(desk: Desk, at: int, after: bool) -> None:
    desk.open_batch()
    for call in ("one", "two"):
        fiche = desk.open(call)
        assert fiche is not None
        note_fiche(desk.fiches, fiche, "vera", CODED, T0)
        desk.over(call=call)

    with pytest.raises(Crash):
        desk.sealing(CrashPoint(at=at, after=after)).seal_due(T0 + SEAL_AFTER)
    desk.sealing().seal_due(T0 + SEAL_AFTER)

    assert desk.stored() == [CODED, CODED]
    assert desk.left_in_ram() == set()


def test_all_rows_have_one_size_and_only_random_names(desk: Desk) -> None:
    desk.open_batch()
    for call in ("one", "two"):
        desk.open(call)
        desk.over(call=call)
    desk.sealing().seal_due(T0 + SEAL_AFTER)

    rows = desk.database.transaction(lambda c: c.execute(select(sealed_fiches)).all())

    assert [len(row.ciphertext) for row in rows] == [CIPHERTEXT_BYTES] * 2
    assert {column.name for column in sealed_fiches.columns} == {"id", "batch_id", "ciphertext"}


def test_the_private_half_is_the_clocks_alone(desk: Desk) -> None:
    key = desk.open_batch()
    app = RedisBatchKeys(desk.app)

    assert app.public() == key
    with pytest.raises(LiveStateDown):
        app.private_hex(key.batch_id)
    with pytest.raises(LiveStateDown):
        app.publish(BatchSealer().new_pair("0" * 32), T0)


def test_two_clocks_open_one_batch_and_sql_is_told_again(desk: Desk) -> None:
    first = desk.open_batch()
    desk.database.transaction(lambda c: c.execute(batches.delete()).close())

    assert desk.open_batch() == first

    rows = desk.database.transaction(lambda c: c.execute(select(batches.c.id, batches.c.state)).all())
    assert [tuple(row) for row in rows] == [(first.batch_id, "open")]


def test_a_clock_that_lost_the_race_uses_the_winners_batch(desk: Desk) -> None:
    keys, sealer = RedisBatchKeys(desk.clock), BatchSealer()

    first = keys.publish(sealer.new_pair("a" * 32), T0)
    second = keys.publish(sealer.new_pair("b" * 32), T0)

    assert first == second == keys.public()


def test_after_a_loss_of_redis_there_is_a_new_batch(desk: Desk, redis_admin: redis.Redis) -> None:
    old = desk.open_batch()
    redis_admin.flushall()

    new = desk.open_batch()

    assert new.batch_id != old.batch_id
    states = desk.database.transaction(lambda c: c.execute(select(batches.c.state)).scalars().all())
    assert states == ["open", "open"]
