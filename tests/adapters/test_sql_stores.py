"""Ledger, sealed fiches, seeding and publishing, on either database."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from helpline.adapters.sealing import BatchSealer
from helpline.adapters.snapshots import FileSnapshots
from helpline.adapters.sql.engine import Database, make_engine
from helpline.adapters.sql.fiches import SqlSealedFiches
from helpline.adapters.sql.ledger import SqlLedger
from helpline.adapters.sql.migrate import SqlMigrations
from helpline.adapters.sql.people import SqlPublishedStore, SqlSeedStore
from helpline.adapters.sql.tables import endpoints, psychologists, sealed_fiches, traffic
from helpline.cli.demo_data import PSYCHOLOGISTS, STRUCTURES, read_documents, seed_demo
from helpline.domain.directory import OrientationType
from helpline.domain.errors import DatabaseDown
from helpline.domain.people import Tier
from helpline.domain.sweep import CountedCall
from helpline.domain.traffic import CallOutcome, EndState, rows_for
from helpline.services.publish_snapshot import publish_snapshot

HOUR = datetime(2026, 11, 21, 3, tzinfo=UTC)
T0 = int(HOUR.timestamp() * 1000)
REPOSITORY = Path(__file__).parents[2]


def call(receipt: str, ended_ms: int = T0, state: EndState = EndState.SPOKE) -> CountedCall:
    return CountedCall(receipt * 32, ended_ms, rows_for(HOUR, "entraide", CallOutcome(state, "lt20", "lt15")))


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(make_engine(database_url))
    SqlMigrations(database).upgrade()
    yield database
    database.close()


def counts(database: Database) -> dict[tuple[str, str], int]:
    rows = database.transaction(lambda c: c.execute(select(traffic)).all())
    assert {row.hour_utc for row in rows} <= {HOUR}
    return {(row.measure, row.cls): row.n for row in rows}


def test_a_receipt_counts_once_however_often_it_is_handed_in(database: Database) -> None:
    ledger = SqlLedger(database)

    assert ledger.count(0, [call("a"), call("b", state=EndState.LEFT_IN_LINE)]) == 2
    assert ledger.count(1, [call("a"), call("c")]) == 1

    assert counts(database) == {
        ("presented", "entraide"): 3,
        ("end_state", "spoke"): 2,
        ("end_state", "left_in_line"): 1,
        ("wait_spoke", "lt20"): 2,
        ("wait_left", "lt20"): 1,
        ("duration", "lt15"): 2,
    }


def test_a_sweep_that_was_overtaken_counts_nothing(database: Database) -> None:
    ledger = SqlLedger(database)
    ledger.count(0, [call("a")])

    assert ledger.count(0, [call("b")]) is None

    assert counts(database)["presented", "entraide"] == 1
    assert ledger.state().sweep_no == 1


def test_of_two_sweeps_at_once_one_counts(database: Database) -> None:
    ledger = SqlLedger(database)

    for number in range(5):
        with ThreadPoolExecutor(2) as pool:
            answers = list(pool.map(lambda name, n=number: ledger.count(n, [call(name)]), "ab"))
        assert sorted(answer is None for answer in answers) == [False, True]

    assert counts(database)["presented", "entraide"] <= 2


def test_nothing_to_count_takes_no_number(database: Database) -> None:
    ledger = SqlLedger(database)

    assert ledger.count(0, []) == 0
    assert ledger.state().sweep_no == 0


def test_counted_until_is_the_latest_end_and_never_goes_back(database: Database) -> None:
    ledger = SqlLedger(database)
    ledger.count(0, [call("a", T0 + 5), call("b", T0 + 9)])
    ledger.count(1, [call("c", T0 + 1)])

    assert ledger.state().counted_until_ms == T0 + 9


def test_three_thousand_calls_in_one_transaction(database: Database) -> None:
    calls = [
        CountedCall(f"{n:032x}", T0, rows_for(HOUR, "entraide", CallOutcome(EndState.DIVERTED)))
        for n in range(3_000)
    ]

    assert SqlLedger(database).count(0, calls) == 3_000
    assert counts(database)["presented", "entraide"] == 3_000


def test_the_first_seal_of_a_row_stays(database: Database) -> None:
    sealer, store = BatchSealer(), SqlSealedFiches(database)
    pair = sealer.new_pair("b" * 32)
    store.ensure_batch(pair.key)
    store.ensure_batch(pair.key)
    first, second = (sealer.seal(text, "a" * 32, pair.key) for text in ("1", "2"))

    assert (store.put(first), store.put(second)) == (True, False)

    kept = database.transaction(lambda c: c.execute(select(sealed_fiches.c.ciphertext)).scalar_one())
    assert kept == first.ciphertext


def test_a_fiche_of_an_unknown_batch_is_refused(database: Database) -> None:
    sealer = BatchSealer()
    pair = sealer.new_pair("b" * 32)

    with pytest.raises(DatabaseDown):
        SqlSealedFiches(database).put(sealer.seal("1", "a" * 32, pair.key))


def seed(database: Database, now: datetime = HOUR) -> int:
    rules, flows = read_documents(REPOSITORY)
    return seed_demo(SqlSeedStore(database), rules, flows, now)


def test_seeding_twice_adds_nothing_and_overwrites_nothing(database: Database) -> None:
    assert seed(database) > 10
    database.transaction(lambda c: c.execute(update(psychologists).values(name="Changée")).close())
    database.transaction(
        lambda c: c.execute(endpoints.delete().where(endpoints.c.id == "vera-client")).close()
    )

    assert seed(database, HOUR + timedelta(hours=1)) == 0

    roster = SqlPublishedStore(database).snapshot().roster
    assert {person.name for person in roster.psychologists} == {"Changée"}
    assert roster.endpoint("vera-client") is None


def test_the_demo_is_on_duty_for_thirty_days_around_any_day(database: Database) -> None:
    for month in range(1, 13):
        seed(database, datetime(2027, month, 28, tzinfo=UTC))

    roster = SqlPublishedStore(database).snapshot().roster

    for day in range(-30, 390):
        now = datetime(2027, 1, 28, tzinfo=UTC) + timedelta(days=day)
        if now <= datetime(2027, 12, 28, tzinfo=UTC) + timedelta(days=30):
            assert {roster.planned(person.id, now) for person in PSYCHOLOGISTS} == {Tier.ON_DUTY}


def test_what_is_published_is_what_was_seeded(database: Database, tmp_path: Path) -> None:
    seed(database)
    snapshots = FileSnapshots(tmp_path)

    written = publish_snapshot(SqlPublishedStore(database), snapshots)

    assert snapshots.current() == written
    assert written.roster.psychologists == PSYCHOLOGISTS
    assert written.structures == STRUCTURES
    assert {structure.type for structure in written.structures} == set(OrientationType)
    assert (written.rules_yaml, dict(written.flows_yaml)) == read_documents(REPOSITORY)


def test_of_several_versions_the_live_one_is_published(database: Database) -> None:
    seed(database)
    store = SqlSeedStore(database)

    assert not store.add_rules("other", HOUR)
    assert not store.add_flow("accueil", "other", HOUR)

    assert SqlPublishedStore(database).snapshot().rules_yaml != "other"
