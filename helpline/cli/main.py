"""The `helpline` command: finds its subcommands as files of this folder, and loads only the one asked for.

Loading all would cost every command the carrier's SDK and SQL. A file is a command when it defines `command` at
its top level; `show_last_call.py` is `helpline show-last-call`. See README.md here.
"""

from __future__ import annotations

import importlib
import re
import sys
from pathlib import Path

import click

from helpline.cli.outcome import PLAIN_ERRORS, unexpected

_FOLDER = Path(__file__).parent
_IS_COMMAND = re.compile(r"^(def command\(|command\s*[:=])", re.MULTILINE)


class LazyGroup(click.Group):
    """A group whose commands are modules of `helpline.cli`, imported when used (or for the help of all)."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names of all commands, without importing any."""
        files = (path for path in _FOLDER.glob("*.py") if path.stem != Path(__file__).stem)
        found = [
            path.stem.replace("_", "-")
            for path in files
            if _IS_COMMAND.search(path.read_text(encoding="utf-8"))
        ]
        return sorted(found)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, or None; click then says "No such command" and ends with 2."""
        if cmd_name not in self.list_commands(ctx):
            return None
        module = importlib.import_module(f"helpline.cli.{cmd_name.replace('-', '_')}")
        command = module.command
        if not isinstance(command, click.Command):
            raise TypeError(f"{module.__name__}.command is not a click command")
        return command


@click.group(cls=LazyGroup, name="helpline", context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="helpline")
def group() -> None:
    """Telephony of a confidential listening line for physicians and interns."""


def run(arguments: list[str]) -> int:
    """Run one command line and return its exit status; everything printed is safe to show."""
    try:
        result = group.main(arguments, prog_name="helpline", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except click.Abort:
        click.echo("helpline: interrupted", err=True)
        return 1
    except PLAIN_ERRORS as error:
        click.echo(str(error), err=True)
        return 1
    except Exception as error:
        click.echo(unexpected(error, error.__traceback__), err=True)
        return 1
    return result if isinstance(result, int) else 0


def main() -> None:
    """Entry point of the installed `helpline` program."""
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
