"""How the pages' process starts, or says in one line why not; the demo's accounts."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from helpline.bootstrap_data import Data, data_of
from helpline.cli import demo_accounts
from helpline.cli.demo_data import PSYCHOLOGISTS
from helpline.config import Settings
from helpline.domain.accounts import Role
from tests import builders
from tests.environ import environ_for_tests


def start(tmp_path: Path, environ: dict[str, str]) -> subprocess.CompletedProcess[str]:
    plain = {n: v for n, v in os.environ.items() if not n.startswith(("HELPLINE_", "TWILIO_"))}
    return subprocess.run(
        [sys.executable, "-c", "import dashboard.wsgi"],
        env=plain | environ,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=30,
    )


@pytest.mark.real
def test_without_settings_it_ends_with_a_line_a_fault(tmp_path: Path) -> None:
    done = start(tmp_path, {})

    assert done.returncode == 4
    assert "HELPLINE_DATABASE_URL" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.real
def test_without_a_snapshot_it_says_what_to_run(tmp_path: Path) -> None:
    done = start(tmp_path, environ_for_tests(HELPLINE_VAR_DIR=str(tmp_path)))

    assert done.returncode == 4
    assert "helpline db upgrade" in done.stderr


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return builders.settings(f"sqlite:///{tmp_path}/demo.db", tmp_path)


def seeded(data: Data, home: Path) -> list[demo_accounts.DemoAccount]:
    data.migrations.upgrade()
    for place, person in enumerate(PSYCHOLOGISTS):
        data.seeds.add_psychologist(person, place)
    accounts = demo_accounts.read_or_write(home, PSYCHOLOGISTS)
    demo_accounts.seed(data, accounts, PSYCHOLOGISTS)
    return accounts


def test_the_demos_accounts_are_written_once_for_the_owner_only(settings: Settings, tmp_path: Path) -> None:
    with closing(data_of(settings)) as data:
        first = seeded(data, tmp_path)
        again = seeded(data, tmp_path)
        kept = {a["handle"]: data.accounts.by_handle(a["handle"]) for a in first}

    file = tmp_path / "accounts.json"
    assert file.stat().st_mode & 0o777 == 0o600
    assert first == again == json.loads(file.read_text())
    assert [a["handle"] for a in first] == ["vera", "bruno", "alix"]
    assert {a["totp_secret"] for a in first} == {None}
    assert len({a["password"] for a in first}) == 3
    vera, alix = kept["vera"], kept["alix"]
    assert vera is not None
    assert alix is not None
    assert (vera[0].role, vera[0].psychologist_id) == (Role.PSYCHOLOGIST, "p-vera")
    assert (alix[0].role, alix[0].psychologist_id) == (Role.ADMINISTRATOR, None)


def test_passwords_of_a_file_written_anew_are_the_ones_that_hold(settings: Settings, tmp_path: Path) -> None:
    with closing(data_of(settings)) as data:
        seeded(data, tmp_path)
        (tmp_path / "accounts.json").unlink()
        anew = seeded(data, tmp_path)
        found = data.accounts.by_handle("vera")

        assert found is not None
        assert data.passwords.verify(anew[0]["password"], found[1])
