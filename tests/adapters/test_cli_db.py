"""`helpline db` as an operator meets it."""

from __future__ import annotations

from pathlib import Path

import pytest

from helpline.cli.main import run
from tests.environ import environ_for_tests


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, database_url: str) -> None:
    """A shell in an empty folder whose settings name this test's database."""
    monkeypatch.chdir(tmp_path)
    for name, value in environ_for_tests(HELPLINE_DATABASE_URL=database_url).items():
        monkeypatch.setenv(name, value)


@pytest.mark.usefixtures("at")
def test_up_checked_down(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["db", "check"]) == 1
    assert "SQL: differs from this release: add_table batches" in capsys.readouterr().err

    assert run(["db", "upgrade"]) == 0
    assert run(["db", "upgrade"]) == 0
    assert run(["db", "check"]) == 0
    assert run(["db", "downgrade", "--to", "base"]) == 0
    assert run(["db", "check"]) == 1


@pytest.mark.usefixtures("at")
def test_an_unknown_revision_is_refused_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["db", "downgrade", "--to", "nowhere"]) == 1

    told = capsys.readouterr().err
    assert told.startswith("SQL: refuses: no such revision")
    assert told.count("\n") == 1


@pytest.mark.usefixtures("at")
def test_a_server_that_is_not_there_is_named_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("HELPLINE_DATABASE_URL", f"postgresql://nobody@/db?host={tmp_path}")

    assert run(["db", "upgrade"]) == 1

    assert capsys.readouterr().err == "SQL: does not answer\n"
