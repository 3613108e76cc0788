"""The command line: finds commands by file, ends with 0, 1 or 2, never prints a secret or an error's text."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import click
import pytest

from helpline.cli import main
from helpline.cli.main import LazyGroup, group, run
from helpline.cli.outcome import Refused
from tests.environ import environ_for_tests


@pytest.fixture
def settings_in_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name, value in environ_for_tests().items():
        monkeypatch.setenv(name, value)


def test_every_command_file_loads_and_has_a_help_line() -> None:
    assert isinstance(group, LazyGroup)
    context = click.Context(group)

    commands = {name: group.get_command(context, name) for name in group.list_commands(context)}

    assert "config" in commands
    assert all(command is not None and command.get_short_help_str() for command in commands.values())


@pytest.mark.usefixtures("settings_in_environment")
def test_config_show_lists_every_setting_without_a_secret(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["config", "show"]) == 0

    out = capsys.readouterr().out
    assert "HELPLINE_WELCOME_S=8" in out
    assert "TWILIO_AUTH_TOKEN=set, not shown" in out
    assert environ_for_tests()["TWILIO_AUTH_TOKEN"] not in out


@pytest.mark.usefixtures("settings_in_environment")
def test_wrong_settings_end_with_one_line_each(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HELPLINE_MODE", "staging4711")
    monkeypatch.delenv("TWILIO_AUTH_TOKEN")

    assert run(["config", "show"]) == 1

    lines = capsys.readouterr().err.splitlines()
    assert "HELPLINE_MODE: must be demo, test or production" in lines
    assert "TWILIO_AUTH_TOKEN: is missing" in lines
    assert "4711" not in "".join(lines)


@pytest.mark.parametrize(
    "arguments", [["no-such"], ["config", "no-such"], ["config", "show", "--no-such"], ["tied"], ["main"]]
)
def test_wrong_usage_ends_with_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(arguments) == 2
    assert "Usage:" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (Refused("Redis: does not answer"), 1, "Redis: does not answer\n"),
        (click.Abort(), 1, "helpline: interrupted\n"),
        (ValueError("0639980001"), 1, "unexpected builtins.ValueError"),
    ],
)
def test_a_failure_ends_with_1_and_prints_no_data(
    error: Exception,
    status: int,
    said: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    @click.command()
    def failing() -> None:
        raise error

    monkeypatch.setattr(main.LazyGroup, "get_command", lambda *_: failing)

    assert run(["anything"]) == status
    err = capsys.readouterr().err
    assert said in err
    assert "0639980001" not in err


def test_help_of_one_command_loads_no_other_part() -> None:
    program = (
        "import sys; from helpline.cli.main import run; run(['config', '--help']);"
        "print([m for m in ('twilio', 'sqlalchemy', 'rq', 'flask') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert done.stdout.splitlines()[-1] == "[]"
