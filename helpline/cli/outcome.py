"""How a command ends: 0 all well · 1 a finding, a refusal, a part that is down, in one line · 2 wrong usage."""

from __future__ import annotations

import os
import sys
import traceback
from pathlib import Path
from types import TracebackType
from typing import IO, Any

import click

from helpline.cli.servers.common import ServerFailed, ServerMissing
from helpline.cli.supervise import NotReady, PortTaken
from helpline.config import Settings, SettingsError, load_settings


class Refused(click.ClickException):
    """A finding, a refusal or a part that is down: the text (one line, part named first) on stderr, status 1."""

    exit_code = 1

    def show(self, file: IO[Any] | None = None) -> None:
        """Print the text as it is, without "Error:"."""
        click.echo(self.format_message(), file=file or sys.stderr)


# Their texts are made for people and hold no value of a setting.
PLAIN_ERRORS = (SettingsError, ServerMissing, ServerFailed, PortTaken, NotReady)


def current_settings() -> Settings:
    """The settings of this process; their faults end the command with one line each, status 1."""
    return load_settings(os.environ, Path.cwd())


def unexpected(error: BaseException, trace: TracebackType | None) -> str:
    """What may be printed of an error nobody foresaw: its type and where, never its text, which may quote data."""
    where = "".join(traceback.format_tb(trace))
    return f"{where}helpline: unexpected {type(error).__module__}.{type(error).__qualname__} (its text is not shown)"
