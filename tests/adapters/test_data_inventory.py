"""Guards: every stored column and every key has its class, retention and purpose on `docs/data.md`."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from sqlalchemy import Column

from helpline.adapters.redis.keys import APP_KEY_PREFIXES, APP_READ_ONLY_KEYS
from helpline.adapters.sql.columns import DataClass
from helpline.adapters.sql.tables import metadata

REPOSITORY = Path(__file__).parents[2]
PAGE = (REPOSITORY / "docs" / "data.md").read_text("utf-8")
LUA = REPOSITORY / "helpline" / "adapters" / "redis" / "lua"
MINE = ("fiche_*.lua", "finished_*.lua", "batch_*.lua")
# Keys of the live state that these scripts read or wipe; their own page describes them.
LIVE_STATE = {"epoch", "sid:", "call:", "offer:"}
KEY = re.compile(r"'(epoch|fiches|(?:fiche|receipt|done|batch|sid|call|offer):[a-z:]*)'")

# Written by plain commands, not by a script.
PLAIN = {"tries:"}

COLUMNS = [
    pytest.param(table.name, column, id=f"{table.name}.{column.name}")
    for table in metadata.sorted_tables
    for column in table.columns
]


def rows_of(heading: str) -> list[list[str]]:
    """The table under a heading of the page, without its head."""
    under = PAGE.split(f"{heading}\n", 1)[1].split("\n#", 1)[0]
    rows = [line.strip("| ").split(" | ") for line in under.splitlines() if line.startswith("| `")]
    return [[cell.strip("` ") for cell in row] for row in rows]


@pytest.mark.parametrize(("table", "column"), COLUMNS)
def test_every_column_has_its_class_retention_and_purpose(table: str, column: Column[object]) -> None:
    assert column.info["class"] in set(DataClass)
    assert column.info["retention"]
    assert column.info["purpose"]


def test_the_page_lists_every_column_as_it_is_declared_and_no_other() -> None:
    declared = {
        table.name: [[c.name, c.info["class"], c.info["retention"], c.info["purpose"]] for c in table.columns]
        for table in metadata.sorted_tables
    }
    on_page = {name: rows_of(f"### {name}") for name in re.findall(r"^### (\w+)$", PAGE, re.MULTILINE)}

    assert on_page == declared


def test_the_page_lists_every_key_of_fiches_sealing_and_the_sweep() -> None:
    used = {key for pattern in MINE for file in LUA.glob(pattern) for key in KEY.findall(file.read_text())}
    on_page = {row[0].split("<")[0] for row in rows_of("## Redis")}

    assert (used - LIVE_STATE) | PLAIN == on_page


def test_app_may_touch_exactly_what_the_page_says() -> None:
    on_page = {row[0].split("<")[0] for row in rows_of("## Redis")}
    allowed = {key for key in on_page if any(key.startswith(prefix) for prefix in APP_KEY_PREFIXES)}

    assert on_page - allowed == {"batch:public", "batch:private:"}
    assert set(APP_READ_ONLY_KEYS) == {"batch:public"}


def test_sealed_fiches_hold_nothing_but_id_batch_and_ciphertext() -> None:
    assert [column.name for column in metadata.tables["sealed_fiches"].columns] == [
        "id",
        "batch_id",
        "ciphertext",
    ]
