"""The snapshot file: written whole, read only when it changed, refused as a whole."""

from __future__ import annotations

import json
import stat
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from helpline.adapters.snapshots import FileSnapshots
from helpline.cli.demo_data import PSYCHOLOGISTS, STRUCTURES, demo_shifts
from helpline.domain.people import Roster
from helpline.domain.snapshot import Snapshot
from tests.adapters.test_sql_stores import HOUR

SNAPSHOT = Snapshot(
    roster=Roster(PSYCHOLOGISTS, tuple(demo_shifts(HOUR).values())),
    structures=(*STRUCTURES, replace(STRUCTURES[0], id="cdom-2a", verified_on=None)),
    rules_yaml="règles: « oui »\n",
    flows_yaml={"accueil": "…"},
)


def test_what_is_written_is_read_and_private(tmp_path: Path) -> None:
    FileSnapshots(tmp_path / "new").replace(SNAPSHOT)

    assert FileSnapshots(tmp_path / "new").current() == SNAPSHOT
    files = list((tmp_path / "new").iterdir())
    assert [stat.S_IMODE(file.stat().st_mode) for file in files] == [0o600]


def test_before_the_first_there_is_none(tmp_path: Path) -> None:
    assert FileSnapshots(tmp_path).current() is None


def test_the_same_file_gives_the_same_object_and_a_new_one_is_seen(tmp_path: Path) -> None:
    snapshots = FileSnapshots(tmp_path)
    snapshots.replace(SNAPSHOT)
    first = snapshots.current()

    assert snapshots.current() is first
    FileSnapshots(tmp_path).replace(replace(SNAPSHOT, rules_yaml="autre"))

    second = snapshots.current()
    assert second is not None
    assert second.rules_yaml == "autre"


@pytest.mark.parametrize(
    "damage",
    [
        lambda found: found.pop("rules"),
        lambda found: found.update(format=99),
        lambda found: found.update(flows=[]),
        lambda found: found["psychologists"].append(found["psychologists"][0]),
        lambda found: found["psychologists"][0]["endpoints"][0].update(kind="fax"),
        lambda found: found["shifts"][0].update(starts_at="2026-11-21T03:00:00"),
        lambda found: found["shifts"][0].update(ends_at="never"),
        lambda found: found["structures"][0].update(type="ami"),
        lambda found: found["structures"][0].update(verified_on=7),
    ],
)
def test_a_damaged_file_leaves_the_last_good_one(tmp_path: Path, damage: Any) -> None:
    snapshots = FileSnapshots(tmp_path)
    snapshots.replace(SNAPSHOT)
    good = snapshots.current()
    file = tmp_path / "snapshot.json"
    found = json.loads(file.read_text("utf-8"))
    damage(found)
    file.write_text(json.dumps(found), "utf-8")

    assert snapshots.current() is good
    assert FileSnapshots(tmp_path).current() is None


def test_a_file_that_is_no_json_or_gone_leaves_the_last_good_one(tmp_path: Path) -> None:
    snapshots = FileSnapshots(tmp_path)
    snapshots.replace(SNAPSHOT)
    good = snapshots.current()

    (tmp_path / "snapshot.json").write_bytes(b"\xff{")
    assert snapshots.current() is good
    (tmp_path / "snapshot.json").unlink()
    assert snapshots.current() is good


def test_a_file_that_cannot_be_put_in_place_leaves_the_old_one_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "snapshot.json").mkdir()

    with pytest.raises(OSError, match="snapshot"):
        FileSnapshots(tmp_path).replace(SNAPSHOT)

    assert [file.name for file in tmp_path.iterdir()] == ["snapshot.json"]


def test_no_number_shows_in_a_representation() -> None:
    assert "639985001" not in repr(SNAPSHOT)
